"""What Messenger and Instagram have in common, read for both."""

from datetime import timedelta
from typing import Any

import pytest

from bandeja.channels.contract import Annotation, Inbound, Kind, Media, State, Status, Watermark
from bandeja.channels.meta.reasons import NO_ID, NO_PERSON, NO_TARGET, NOTHING_KNOWN, UNKNOWN_LINE
from bandeja.channels.meta.tests.events import (
    ANNOTATIONS,
    ECHOES,
    LIA,
    MESSAGES,
    NOTICES,
    OTHERS,
    REACHED,
    SENT_AT,
    URL,
    US,
    Item,
    body,
    event,
    message,
    ours,
)
from bandeja.channels.meta.tests.reading import NOON, parse

AT = NOON + timedelta(milliseconds=123)
SIDES = [("page", "messenger", "psid", 2), ("instagram", "instagram", "igsid", 3)]

both = pytest.mark.parametrize(("name", "channel", "kind", "account"), SIDES)


def said(item: Item, name: str = "instagram") -> Inbound:
    parsed = parse(body(name, item))
    assert not parsed.bad
    (inbound,) = parsed.inbound
    return inbound


def annotated(item: Item) -> Annotation:
    (annotation,) = parse(body("page", item)).annotations
    return annotation


def refused(item: Item) -> str:
    parsed = parse(body("page", item))
    assert not parsed.inbound
    (bad,) = parsed.bad
    return bad.reason


@both
def test_a_text_comes_with_who_wrote_it_and_when(name: str, channel: str, kind: str, account: int) -> None:
    assert said(MESSAGES["text"], name) == Inbound(
        account_id=account,
        external_id="m_text",
        identity=(kind, LIA),
        kind=Kind.TEXT,
        text="¿Tienen la talla 38?",
        provider_at=AT,
        received_at=NOON,
        opens_window=True,
    )


@both
def test_the_same_is_read_in_standby_and_in_a_test_from_the_dashboard(
    name: str, channel: str, kind: str, account: int
) -> None:
    expected = parse(body(name, MESSAGES["text"]))
    assert parse(body(name, MESSAGES["text"], under="standby")) == expected
    assert parse(body(name, {"field": "messages", "value": MESSAGES["text"]}, under="changes")) == expected
    assert parse({"object": name, "entry": [{"id": "0", "messaging": [MESSAGES["text"]]}]}) == expected


@pytest.mark.parametrize(
    ("name", "kind", "text", "data"),
    [
        ("image", Kind.IMAGE, "", {}),
        ("old sticker", Kind.STICKER, "", {}),
        ("sticker", Kind.STICKER, "", {}),
        ("video", Kind.VIDEO, "", {}),
        ("audio", Kind.AUDIO, "", {}),
        ("file", Kind.DOCUMENT, "", {}),
        ("two images", Kind.IMAGE, "Estas", {}),
        ("quick reply", Kind.QUICK_REPLY, "Sí", {"button": {"id": "YES", "title": "Sí"}}),
        ("link", Kind.TEXT, "https://a.co", {"shares": [{"type": "fallback", "title": "A"}]}),
        ("bare link", Kind.SHARE, "", {"shares": [{"type": "fallback", "title": "A", "url": "https://a.co"}]}),
        ("share", Kind.SHARE, "", {"shares": [{"type": "share", "url": URL}]}),
        ("story mention", Kind.STORY_MENTION, "", {}),
        ("story reply", Kind.STORY_REPLY, "¡Linda!", {"story": {"id": "17", "url": URL}}),
        ("story", Kind.SHARE, "", {}),
        ("like_heart", Kind.STICKER, "❤️", {}),
        ("ephemeral", Kind.UNSUPPORTED, "", {"type": "ephemeral"}),
        ("unsupported_type", Kind.UNSUPPORTED, "", {"type": "unsupported_type"}),
        ("appointment_booking", Kind.UNKNOWN, "", {"type": "appointment_booking"}),
        ("template", Kind.TEXT, "Elige", {"type": "template"}),
        ("product", Kind.TEXT, "Ruta 28", {"type": "template"}),
        ("card", Kind.TEXT, "Casco\nGuantes", {"type": "template"}),
        ("is_unsupported", Kind.UNSUPPORTED, "", {}),
        ("empty", Kind.UNKNOWN, "", {}),
        ("referred", Kind.TEXT, "Hola", {"referral": {"ref": "R", "source": "ADS", "ad_id": "6"}}),
    ],
)
def test_each_message_has_its_kind_a_text_to_read_and_what_the_screen_needs(
    name: str, kind: Kind, text: str, data: Item
) -> None:
    inbound = said(MESSAGES[name])
    assert (inbound.kind, inbound.text, inbound.data) == (kind, text, data)


def test_several_files_are_one_message() -> None:
    assert said(MESSAGES["two images"]).media == (
        Media(Kind.IMAGE, URL, is_url=True),
        Media(Kind.IMAGE, f"{URL}2", is_url=True),
    )
    assert said(MESSAGES["file"]).media[0].name == "pedido.pdf"


@pytest.mark.parametrize("name", ["story mention", "story reply", "story"])
def test_stories_are_referred_to_and_never_kept(name: str) -> None:
    (media,) = said(MESSAGES[name]).media
    assert (media.remote, media.keep) == (URL, False)


@pytest.mark.parametrize("address", ["file:///etc/passwd", "javascript:alert(1)", "https://a b", "//x", "", None, 5])
def test_only_an_address_of_the_web_is_fetched(address: object) -> None:
    assert said(message("m", attachments=[{"type": "image", "payload": {"url": address}}])).media == ()


@pytest.mark.parametrize(
    "odd", [None, {}, [None, 5, "x"], "x", {"type": "image"}, [{"type": []}], [{"type": "image", "payload": None}]]
)
def test_attachments_of_any_shape_do_not_take_the_message_along(odd: object) -> None:
    assert said(message("m", text="Hola", attachments=odd)).text == "Hola"


def test_a_place_is_where_it_says() -> None:
    inbound = said(MESSAGES["location"])
    assert inbound.data["location"] == {"latitude": 4.65, "longitude": -74.08, "name": "Lía's location"}


@pytest.mark.parametrize("name", list(ECHOES))
def test_an_echo_is_ours_and_belongs_to_whom_it_was_sent(name: str) -> None:
    inbound = said(ECHOES[name], "page")
    assert (inbound.echo, inbound.counts, inbound.opens_window) == (True, False, False)
    assert inbound.identity == ("psid", LIA)


def test_an_echo_of_ours_brings_back_the_handle_we_gave_it() -> None:
    inbound = said(ECHOES["echo"], "page")
    assert (inbound.handle, inbound.data) == ("7c4d", {"app": "26390203743090"})


def test_an_echo_that_names_the_sides_the_wrong_way_round_is_the_contacts() -> None:
    inbound = said(message("m", is_echo=True, text="x"))
    assert (inbound.echo, inbound.identity) == (True, ("igsid", LIA))


def test_ids_may_be_numbers() -> None:
    item = {"sender": {"id": int(LIA)}, "recipient": {"id": int(US)}, "message": {"mid": 17, "text": "Hola"}}
    parsed = parse({"object": "page", "entry": [{"id": int(US), "messaging": [item]}]})
    assert [(one.identity, one.external_id, one.provider_at) for one in parsed.inbound] == [
        (("psid", LIA), "17", None)
    ]


def test_a_date_in_seconds_is_told_from_one_in_milliseconds() -> None:
    assert said({**MESSAGES["text"], "timestamp": SENT_AT // 1000}).provider_at == NOON
    assert said({**MESSAGES["text"], "timestamp": str(SENT_AT)}).provider_at == AT


@pytest.mark.parametrize(
    ("name", "kind", "text", "opens"),
    [
        ("postback", Kind.POSTBACK, "Empezar", True),
        ("old postback", Kind.POSTBACK, "Empezar", True),
        ("standby postback", Kind.POSTBACK, "Empezar", True),
        ("order", Kind.ORDER, "2 × Zapatos", True),
        ("referral", Kind.REFERRAL, "", True),
        ("optin", Kind.OPT_IN, "", False),
        ("handover", Kind.SYSTEM, "", False),
        ("taken", Kind.SYSTEM, "", False),
        ("asked", Kind.SYSTEM, "", False),
    ],
)
def test_what_else_a_contact_does_is_told_in_the_thread(name: str, kind: Kind, text: str, opens: bool) -> None:
    inbound = said(OTHERS[name])
    assert (inbound.kind, inbound.text, inbound.opens_window) == (kind, text, opens)
    assert inbound.identity == ("igsid", LIA)


def test_what_has_no_id_gets_the_same_key_whenever_it_comes() -> None:
    for name in ("old postback", "order", "referral", "optin", "handover"):
        item = OTHERS[name]
        turned = dict(reversed(item.items()))
        numbers = {**item, "sender": {"id": int(LIA)}, "timestamp": str(SENT_AT)}
        keys = {said(one).external_id for one in (item, turned, numbers)}
        assert len(keys) == 1
        assert said({**item, "timestamp": SENT_AT + 1}).external_id not in keys
    assert said(OTHERS["postback"]).external_id == "m_postback"


@pytest.mark.parametrize(
    ("name", "key", "kind", "text", "by_us", "opens"),
    [
        ("reaction", f"m_text:{LIA}:react:❤:{SENT_AT}", Kind.REACTION, "❤", False, True),
        ("named reaction", f"m_text:{LIA}:react::{SENT_AT}", Kind.REACTION, "😮", False, True),
        ("unreaction", f"m_text:{LIA}:unreact::{SENT_AT}", Kind.REACTION, "", False, False),
        ("edit", "m_text:1", Kind.EDIT, "¿Y la 39?", False, False),
        ("unsend", "m_text:deleted", Kind.UNSEND, "", False, False),
        ("our unsend", "m_echo:deleted", Kind.UNSEND, "", True, False),
    ],
)
def test_what_is_done_to_a_message_annotates_it(
    name: str, key: str, kind: Kind, text: str, by_us: bool, opens: bool
) -> None:
    annotation = annotated(ANNOTATIONS[name])
    assert (annotation.external_id, annotation.kind, annotation.text) == (key, kind, text)
    assert (annotation.target, annotation.identity) == ("m_echo" if by_us else "m_text", ("psid", LIA))
    assert (annotation.by_us, annotation.opens_window) == (by_us, opens)


def test_an_edit_that_names_its_writer_inside_is_theirs() -> None:
    edit = {"mid": "m_text", "text": "Otra", "num_edit": 1, "from": {"id": LIA}}
    assert annotated({"timestamp": SENT_AT, "message_edit": edit}).identity == ("psid", LIA)


def test_delivery_moves_each_message_it_names_and_all_before_it() -> None:
    parsed = parse(body("page", REACHED["delivery"]))
    assert parsed.statuses == [Status(2, mid, State.DELIVERED, at=AT) for mid in ("m_1", "m_2")]
    assert parsed.watermarks == [Watermark(2, ("psid", LIA), State.DELIVERED, AT)]


def test_read_is_up_to_an_instant_on_messenger_and_of_one_message_on_instagram() -> None:
    assert parse(body("page", REACHED["read"])).watermarks == [Watermark(2, ("psid", LIA), State.READ, AT)]
    assert parse(body("instagram", REACHED["seen"])).statuses == [Status(3, "m_1", State.READ, at=AT)]


@pytest.mark.parametrize("name", list(NOTICES))
def test_what_concerns_nobodys_conversation_is_told_of_the_line(name: str) -> None:
    parsed = parse(body("page", NOTICES[name]))
    assert not parsed.inbound
    (notice,) = parsed.notices
    assert (notice.channel, notice.scope, notice.line) == ("messenger", "line", US)
    assert notice.topic == name.split(maxsplit=1)[0]


@pytest.mark.parametrize(("name", "field"), [("instagram", "comments"), ("instagram", "mentions"), ("page", "feed")])
def test_comments_are_no_conversation(name: str, field: str) -> None:
    parsed = parse(body(name, {"field": field, "value": {"from": {"id": LIA}, "text": "x"}}, under="changes"))
    assert [notice.topic for notice in parsed.notices] == [field]
    assert not parsed.inbound
    assert not parsed.bad


def test_what_cannot_be_kept_says_why() -> None:
    no_mid: dict[str, Any] = {"text": "Hola"}
    assert refused(event(message=no_mid)) == NO_ID
    assert refused({"recipient": {"id": US}, "message": {"mid": "m", "text": "x"}}) == NO_PERSON
    assert refused(event(reaction={"action": "react"})) == NO_TARGET
    assert refused(event(delivery={})) == NO_TARGET
    assert refused(event(hologram={})) == NOTHING_KNOWN
    assert refused(event(message=None)) == NOTHING_KNOWN
    parsed = parse({"object": "page", "entry": [{"id": "999", "messaging": [MESSAGES["text"]]}]})
    assert [bad.reason for bad in parsed.bad] == [UNKNOWN_LINE]


def test_a_reaction_of_ours_is_by_us_and_opens_nothing() -> None:
    annotation = annotated(ours(reaction={"mid": "m_text", "action": "react", "emoji": "👍"}))
    assert (annotation.by_us, annotation.opens_window, annotation.identity) == (True, False, ("psid", LIA))


def test_a_reaction_nobody_can_name_is_still_one() -> None:
    assert annotated(event(reaction={"mid": "m", "action": "react", "reaction": "other"})).text == "other"
    assert annotated(event(reaction={"mid": "m", "action": "react"})).text == "👍"


def test_a_strange_emoji_makes_no_strange_key() -> None:
    keys = {
        annotated(event(reaction={"mid": "m", "action": "react", "emoji": odd})).external_id for odd in "\n\x01\x02"
    }
    assert "" not in keys
    assert all(key.isprintable() for key in keys)
