"""What a WhatsApp message is understood as, by its type."""

from datetime import timedelta
from typing import Any

import pytest

from bandeja.channels.contract import Annotation, Inbound, Kind, Media
from bandeja.channels.meta.reasons import NO_ID, NO_PERSON, NO_TARGET, NOTHING_KNOWN
from bandeja.channels.meta.tests.reading import NOON, parse
from bandeja.channels.whatsapp.message import IN_A_GROUP
from bandeja.channels.whatsapp.tests.payloads import (
    ANNOTATIONS,
    BUSINESS,
    CONTACT,
    LIA,
    LIA_BSUID,
    LIA_PARENT,
    MESSAGES,
    SYSTEMS,
    Item,
    body,
    change,
    echo,
    message,
)


def said(item: Item, contacts: list[Item] | None = None, **lists: Any) -> Inbound:
    parsed = parse(body(change(messages=[item], contacts=[CONTACT] if contacts is None else contacts, **lists)))
    assert not parsed.bad
    (inbound,) = parsed.inbound
    return inbound


def annotated(item: Item) -> Annotation:
    (annotation,) = parse(body(change(messages=[item], contacts=[CONTACT]))).annotations
    return annotation


def refused(item: Item, field: str = "messages", **lists: Any) -> str:
    parsed = parse(body(change(field, messages=[item], **lists)))
    assert not parsed.inbound
    (bad,) = parsed.bad
    return bad.reason


def test_a_text_comes_with_who_wrote_it_and_when() -> None:
    assert said(MESSAGES["text"]) == Inbound(
        account_id=1,
        external_id="wamid.text",
        identity=("wa_id", LIA),
        kind=Kind.TEXT,
        text="¿Tienen la talla 38?",
        provider_at=NOON,
        received_at=NOON,
        name="Lía Restrepo",
        phone=f"+{LIA}",
        data={},
        aliases=(("bsuid", LIA_BSUID), ("parent_bsuid", LIA_PARENT)),
        opens_window=True,
    )


@pytest.mark.parametrize(
    ("name", "kind", "text", "data"),
    [
        ("image", Kind.IMAGE, "Esta", {}),
        ("video", Kind.VIDEO, "", {}),
        ("document", Kind.DOCUMENT, "Va", {}),
        ("audio", Kind.AUDIO, "", {}),
        ("voice", Kind.VOICE, "", {}),
        ("old voice", Kind.VOICE, "", {}),
        ("sticker", Kind.STICKER, "", {"animated": True}),
        ("button", Kind.BUTTON_REPLY, "Sí", {"button": {"id": "yes", "title": "Sí"}}),
        ("button reply", Kind.BUTTON_REPLY, "Comprar", {"button": {"id": "b1", "title": "Comprar"}}),
        (
            "list reply",
            Kind.LIST_REPLY,
            "Azul",
            {"button": {"id": "r1", "title": "Azul", "description": "Talla 38"}},
        ),
        ("form reply", Kind.FORM_REPLY, "Enviado", {"form": {"name": "flow", "answers": {"talla": "38"}}}),
        ("odd form reply", Kind.FORM_REPLY, "Enviado", {"form": {"name": "flow", "answers": ["no", "object"]}}),
        ("bare location", Kind.LOCATION, "", {"location": {"latitude": 0, "longitude": 0.0}}),
        ("lost interactive", Kind.UNKNOWN, "", {"type": "interactive"}),
        ("hologram", Kind.UNKNOWN, "", {"type": "hologram"}),
        ("poll", Kind.UNSUPPORTED, "", {"unsupported": "poll_creation", "errors": [{"code": 131051, "text": ""}]}),
        ("forwarded reply", Kind.TEXT, "Esa", {"forwarded": True}),
        ("welcome", Kind.SYSTEM, "", {"system": "request_welcome"}),
    ],
)
def test_each_type_has_its_kind_a_text_to_read_and_what_the_screen_needs(
    name: str, kind: Kind, text: str, data: Item
) -> None:
    inbound = said(MESSAGES[name])
    assert (inbound.kind, inbound.text, inbound.data) == (kind, text, data)


def test_a_file_is_known_by_metas_id_and_not_by_its_short_lived_url() -> None:
    assert said(MESSAGES["document"]).media == (
        Media(
            Kind.DOCUMENT,
            "1003383421387256",
            mime="application/pdf",
            name="pedido.pdf",
            sha256="SfInY0gGKTsJlUWbwxC1k=",
        ),
    )


def test_a_message_whose_file_meta_could_not_take_in_stands_without_it() -> None:
    inbound = said(message("video", errors=[{"code": 131052, "title": "Media download error"}]))
    assert (inbound.kind, inbound.media) == (Kind.VIDEO, ())
    assert inbound.data == {"errors": [{"code": 131052, "text": "Media download error"}]}


def test_a_place_is_read_by_its_name_and_address() -> None:
    inbound = said(MESSAGES["location"])
    assert inbound.text == "Parque, Cl. 63"
    assert inbound.data["location"]["latitude"] == 4.6534


def test_shared_contacts_are_read_by_their_names_or_what_there_is() -> None:
    inbound = said(MESSAGES["contacts"])
    assert inbound.text == "Ana Gil, 573009"
    assert inbound.data["contacts"][1] == {
        "name": "573009",
        "phones": ["573009"],
        "emails": ["b@example.com"],
        "org": "Gil",
    }


def test_an_order_is_summed_up_when_its_writer_said_nothing() -> None:
    inbound = said(MESSAGES["order"])
    assert inbound.text == "2 × SKU-1, 1 × SKU-2"
    assert inbound.data["order"]["items"][1] == {"id": "SKU-2", "quantity": 1, "price": 9, "currency": "COP"}


def test_a_reply_names_the_message_it_answers_and_an_advertisement_goes_along() -> None:
    assert said(MESSAGES["forwarded reply"]).reply_to == "wamid.ours"
    assert said(MESSAGES["referred"]).data["referral"]["headline"] == "Zapatos"


def test_an_error_beside_a_lost_message_tells_why() -> None:
    inbound = said(MESSAGES["lost interactive"], errors=[{"code": 131000, "title": "Something went wrong"}])
    assert inbound.data["errors"] == [{"code": 131000, "text": "Something went wrong"}]


@pytest.mark.parametrize(
    ("name", "kind", "target", "text"),
    [
        ("reaction", Kind.REACTION, "wamid.text", "👍"),
        ("reaction removed", Kind.REACTION, "wamid.text", ""),
        ("edit", Kind.EDIT, "wamid.text", "¿Y la 39?"),
        ("edited caption", Kind.EDIT, "wamid.image", "Esa"),
        ("revoke", Kind.UNSEND, "wamid.text", ""),
    ],
)
def test_what_is_done_to_a_message_annotates_it(name: str, kind: Kind, target: str, text: str) -> None:
    item = ANNOTATIONS[name]
    assert annotated(item) == Annotation(
        account_id=1,
        external_id=item["id"],
        target=target,
        kind=kind,
        identity=("wa_id", LIA),
        text=text,
        at=NOON,
        received_at=NOON,
    )


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("number changed", ("wa_id", LIA), (("wa_id", "573119998877"),)),
        ("number changed, older", ("wa_id", LIA), (("wa_id", "573119998877"),)),
        ("id changed", ("bsuid", "CO.1234"), (("bsuid", "MX.0987"),)),
        ("id changed, told", ("bsuid", "CO.1234"), (("bsuid", "MX.0987"),)),
    ],
)
def test_a_new_number_or_id_is_told_in_the_thread_and_renames(name: str, before: Any, after: Any) -> None:
    parsed = parse(body(change(messages=[SYSTEMS[name]])))
    (inbound,), (renaming,) = parsed.inbound, parsed.renamings
    assert inbound.kind is Kind.SYSTEM
    assert (renaming.before, tuple(renaming.after)) == (before, after)


@pytest.mark.parametrize("name", ["DR.Lopez", "AB.1 from CD.2 to EF.3", "CO.9"])
def test_a_name_that_looks_like_an_id_is_not_the_old_one(name: str) -> None:
    told = SYSTEMS["id changed"]["system"]
    for said, before in (("changed from CO.1234 to MX.0987", [("bsuid", "CO.1234")]), ("changed to MX.0987", [])):
        item = {**SYSTEMS["id changed"], "system": {**told, "body": f"User {name} {said}."}}
        assert [each.before for each in parse(body(change(messages=[item]))).renamings] == before


def test_a_new_identity_key_is_told_and_renames_nobody() -> None:
    parsed = parse(body(change(messages=[SYSTEMS["identity changed"]])))
    assert [inbound.data for inbound in parsed.inbound] == [{"system": "customer_identity_changed"}]
    assert not parsed.renamings


def test_a_person_with_a_username_only_is_known_and_answered_by_their_scoped_id() -> None:
    contact = {"profile": {"username": "realsheena"}, "user_id": "PE.998877", "parent_user_id": "PE.ENT.1"}
    inbound = said(MESSAGES["username only"], [CONTACT, contact])
    assert (inbound.identity, inbound.name, inbound.phone) == (("bsuid", "PE.998877"), "@realsheena", "")
    assert inbound.aliases == (("parent_bsuid", "PE.ENT.1"),)


def test_a_scoped_id_where_a_number_is_meant_is_no_number() -> None:
    inbound = said({**MESSAGES["text"], "from": "US.1234", "from_user_id": "US.1234"}, [])
    assert (inbound.identity, inbound.phone, inbound.aliases) == (("bsuid", "US.1234"), "", ())


def test_contacts_are_found_by_their_ids_and_never_by_place() -> None:
    stranger = {"profile": {"name": "Otro"}, "wa_id": "573000000000"}
    assert said(MESSAGES["text"], [stranger, CONTACT]).name == "Lía Restrepo"
    assert said(MESSAGES["text"], [stranger]).name == ""
    assert said(MESSAGES["text"], []).name == ""


def test_the_contact_of_a_number_in_its_other_form_is_found_too() -> None:
    inbound = said(
        {**MESSAGES["text"], "from": "5511987654321", "from_user_id": None},
        [{"profile": {"name": "Bia"}, "wa_id": "551187654321"}],
    )
    assert (inbound.identity, inbound.name) == (("wa_id", "5511987654321"), "Bia")
    assert inbound.variants == (("wa_id", "551187654321"),)


@pytest.mark.parametrize("number", [573001234567, "+57 300 123 4567", "573001234567"])
def test_a_number_is_the_same_however_it_is_written(number: object) -> None:
    assert said({**MESSAGES["text"], "from": number}).identity == ("wa_id", LIA)


@pytest.mark.parametrize(
    ("timestamp", "at"),
    [
        ("1793707200", NOON),
        (1793707200, NOON),
        (1793707200000, NOON),
        ("2026-11-03T12:00:00+0000", NOON),
        (1793707200 + 300, NOON + timedelta(minutes=5)),
        (1793707200 + 301, None),
        (946684799, None),
        (0, None),
        (-1, None),
        (10**18, None),
        (922337203685477, None),
        (250 * 10**12 - 1, None),
        ("253402300800", None),
        ("soon", None),
        ("", None),
        (None, None),
        (True, None),
        ({}, None),
    ],
)
def test_a_date_that_cannot_be_true_is_no_date(timestamp: object, at: object) -> None:
    assert said({**MESSAGES["text"], "timestamp": timestamp}).provider_at == at


def test_what_cannot_be_kept_says_why() -> None:
    assert refused({**MESSAGES["text"], "group_id": "g"}) == IN_A_GROUP
    assert refused({**MESSAGES["text"], "id": None}) == NO_ID
    assert refused({"id": "wamid.1", "type": "text"}) == NO_PERSON
    assert refused(message("reaction", reaction={"emoji": "👍"})) == NO_TARGET
    parsed = parse(body({"field": "hologram", "value": {"metadata": {}}}))
    assert [bad.reason for bad in parsed.bad] == [NOTHING_KNOWN]


def test_a_message_from_our_own_number_is_ours_wherever_it_stands() -> None:
    inbound = said({**echo("text", "wamid.e", text={"body": "Hay"}), "from": f"+{BUSINESS}"})
    assert (inbound.echo, inbound.identity, inbound.counts) == (True, ("wa_id", LIA), False)


def test_an_id_of_any_length_is_told_apart() -> None:
    ids = {said({**MESSAGES["text"], "id": "w" * size}).external_id for size in (500, 501, 502)}
    assert len(ids) == 3
    assert max(map(len, ids)) == 500
