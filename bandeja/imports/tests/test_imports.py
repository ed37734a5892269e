"""Contacts from a file: who may, what is read, whom a row is about, what is written, and what goes wrong."""

from __future__ import annotations

import pytest
from django.test import Client

from bandeja.channels import accounts
from bandeja.channels.models import Account, ChannelKey
from bandeja.conversations import fields, tags
from bandeja.conversations import merge as merging
from bandeja.conversations.actor import Actor
from bandeja.conversations.models import Contact, ContactField, ContactValue, Event, Identity, Tag, Tagging
from bandeja.conversations.scope import Scope
from bandeja.imports import carrying, reading, taking
from bandeja.imports.models import Import, Row, Stage, WaitingTag
from bandeja.imports.tests.files import PAGE, as_, bring, columns_of, counts, hand_over, look, refused
from bandeja.people.models import AuditEntry, Role
from tests.cast import Cast
from tests.clock import Clock

pytestmark = pytest.mark.django_db

LIA = "Nombre;Teléfono;Correo\nLía Restrepo;300 123 4567;lia@correo.example\n"


@pytest.fixture
def line(cast: Cast) -> Account:
    return accounts.connect(cast.workspace, ChannelKey.WHATSAPP, name="Ventas", external_id="111")


def contact(**known: str) -> Contact:
    return Contact.objects.get(**known)


# Who may


def test_only_who_may_import_sees_the_page(cast: Cast) -> None:
    assert Client().get(PAGE).status_code == 302
    assert as_(cast.bruno).get(PAGE).status_code == 403
    assert hand_over(as_(cast.bruno), LIA).status_code == 403
    assert as_(cast.ana).get(PAGE).status_code == 200


def test_an_import_of_another_workspace_is_not_there(cast: Cast, carla: Cast) -> None:
    found = look(as_(cast.ana), LIA)
    stranger = as_(carla.ana)
    for page in ("", "/columns", "/refused.csv"):
        assert stranger.get(f"{PAGE}/{found.pk}{page}").status_code == 404
    for page in ("/columns", "/writing", "/cancelling"):
        assert stranger.post(f"{PAGE}/{found.pk}{page}").status_code == 404
    assert f"{PAGE}/{found.pk}" not in stranger.get(PAGE).content.decode()


def test_who_lost_the_permission_meanwhile_imports_nothing(cast: Cast) -> None:
    found = look(as_(cast.ana), LIA)
    Role.objects.filter(pk=cast.ana.role_id).update(permissions=[])
    taking.confirm(found.pk, cast.ana)
    found.refresh_from_db()
    assert (found.stage, Contact.objects.count()) == (Stage.HALTED, 0)
    assert "may not import" in found.halted


# What is read


@pytest.mark.parametrize(
    "content",
    [
        LIA.encode(),
        LIA.encode("utf-8-sig"),
        LIA.encode("cp1252"),
        LIA.encode("utf-16"),
        LIA.replace(";", ",").encode(),
        LIA.replace(";", "\t").encode(),
        LIA.replace("\n", "\r\n").encode(),
        f"sep=;\r\n{LIA}".encode(),
        f"\n\n{LIA}\n;;\n".encode(),
    ],
)
def test_a_file_is_read_whatever_wrote_it(cast: Cast, content: bytes) -> None:
    bring(as_(cast.ana), content)
    lia = contact(name="Lía Restrepo")
    assert (lia.phone, lia.email, lia.kind) == ("+573001234567", "lia@correo.example", "contact")


@pytest.mark.parametrize(
    ("headers", "taken"),
    [
        ("Nombre completo,Celular,Correo electrónico,Etiquetas", ["name", "phone", "email", "tags"]),
        ("Nome,Sobrenome,Telefone,E-mail", ["name", "surname", "phone", "email"]),
        ("First Name,Last Name,Phone 1 - Value,E-mail 1 - Value", ["name", "surname", "phone", "email"]),
        ("CIUDAD,whatsapp,Phone,Labels", ["ciudad", "phone", "", "tags"]),
    ],
)
def test_columns_are_guessed_by_their_headers(cast: Cast, headers: str, taken: list[str]) -> None:
    city = fields.make(cast.workspace.pk, "Ciudad", "text")
    hand_over(as_(cast.ana), f"{headers}\na,b,c,d\n")
    guessed = Import.objects.get().columns
    assert guessed == [str(city.pk) if each == "ciudad" else each for each in taken]


def test_a_guess_can_be_changed(cast: Cast) -> None:
    bring(as_(cast.ana), "A,B\nLía,lia@correo.example\n", **{"column-0": "name", "column-1": "email"})
    assert contact(name="Lía").email == "lia@correo.example"


def test_what_a_file_says_is_text_on_every_page(cast: Cast) -> None:
    browser = as_(cast.ana)
    found = look(browser, "Correo;<b>x</b>\na@b.example;<i>y</i>\n<u>z</u>;\n", **{"column-1": "name"})
    for page in ("", "/columns"):
        text = browser.get(f"{PAGE}/{found.pk}{page}").content.decode()
        assert not any(tag in text for tag in ("<b>x", "<i>y", "<u>z"))


def test_two_columns_cannot_be_the_same_and_one_must_find_people(cast: Cast) -> None:
    browser = as_(cast.ana)
    address = hand_over(browser, "A,B\nx,y\n")["location"]
    said = browser.post(address, {"column-0": "name", "column-1": "name"})
    assert said.status_code == 422
    assert said.context["form"].errors["column-1"] == ["Another column is this already."]
    assert "found by them" in said.context["form"].non_field_errors()[0]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty."),
        (b" \n\n", "The file is empty."),
        (b";;\n;;\n", "The file is empty."),
        (b"Nombre;Tel\n", "The file has headers and no rows below them."),
        (b"PK\x03\x04rest", "This is a spreadsheet."),
        (b"a,b\n\x00\x01,c\n", "This file is no text."),
        (b"\x81\x8d\x8f,b\nc,d\n", "This file is no text."),
        (b'a,b\n"' + b"x" * 200_000 + b",c\n", "The file cannot be read as CSV"),
        (b"a," * 150 + b"b\n1\n", "The file has too many columns"),
    ],
)
def test_what_is_no_table_is_refused_beside_the_field(cast: Cast, content: bytes, sentence: str) -> None:
    said = hand_over(as_(cast.ana), content)
    assert said.status_code == 422
    assert said.context["form"].errors["file"][0].startswith(sentence)
    assert not Import.objects.exists()


def test_nothing_chosen_is_said(cast: Cast) -> None:
    assert as_(cast.ana).post(PAGE).context["form"].errors["file"] == ["Choose a file first."]


def test_a_file_above_the_limits_is_refused(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_ROWS", 2)
    rows = "Teléfono\n+573001234567\n+573001234568\n"
    assert hand_over(as_(cast.ana), rows).status_code == 302
    said = hand_over(as_(cast.ana), f"{rows}+573001234569\n")
    assert said.context["form"].errors["file"][0].startswith("The file has too many rows")
    monkeypatch.setattr(reading, "MOST_BYTES", 20)
    said = hand_over(as_(cast.ana), rows)
    assert said.context["form"].errors["file"][0].startswith("The file is too large")


@pytest.mark.parametrize(
    ("typed", "calling", "phone"),
    [
        ("+57 (300) 123-4567", "", "+573001234567"),
        ("0057 300 1234567", "", "+573001234567"),
        ("573001234567", "57", "+573001234567"),
        ("0300 123 4567", "+57", "+573001234567"),
        ("(55) 99123-4567", "55", "+5555991234567"),
        ("5511991234567", "55", "+5511991234567"),
        ("'+573001234567", "", "+573001234567"),
        ("300 123 4567", "", "country"),
        ("3,00123E+09", "57", "phone"),
        ("llamar tarde", "57", "phone"),
        ("+57", "", "phone"),
        ("+573001234567890123", "", "phone"),
    ],
)
def test_numbers_are_kept_with_their_country(cast: Cast, typed: str, calling: str, phone: str) -> None:
    found = look(as_(cast.ana), f'Tel\n"{typed}"\n', calling=calling)
    row = Row.objects.get(batch=found)
    assert phone in {row.phone, row.fault}
    assert (row.fault == "") == phone.startswith("+")


def test_fields_of_ones_own_are_read_as_what_they_are(cast: Cast) -> None:
    made = [
        fields.make(cast.workspace.pk, "Talla", "number"),
        fields.make(cast.workspace.pk, "Nacimiento", "date"),
        fields.make(cast.workspace.pk, "Tipo", "choice", ["Mayorista", "Minorista"]),
    ]
    rows = [
        "a@b.example;1.234,5;31/12/1990;mayorista",
        "b@b.example;mucha;;",
        "c@b.example;;31/02/1990;",
        "d@b.example;;;x",
    ]
    browser = as_(cast.ana)
    found = bring(browser, "\n".join(["Correo;Talla;Nacimiento;Tipo", *rows]))
    values = dict(ContactValue.objects.filter(contact__email="a@b.example").values_list("field", "value"))
    assert values == {made[0].pk: "1234.5", made[1].pk: "1990-12-31", made[2].pk: "Mayorista"}
    assert counts(found) == (1, 0, 0, 3)
    assert [row[-2:] for row in refused(browser, found)] == [
        ["Talla", "mucha"],
        ["Nacimiento", "31/02/1990"],
        ["Tipo", "x"],
    ]


# Whom a row is about


def test_the_preview_writes_nothing_and_says_what_would_come(cast: Cast) -> None:
    Contact.objects.create(workspace=cast.workspace, name="Noa", email="noa@correo.example")
    browser = as_(cast.ana)
    found = look(browser, f"{LIA}Noa;;noa@correo.example\nNoa R;301 1234567;NOA@correo.example\nx;y;\n")
    page = browser.get(f"{PAGE}/{found.pk}")
    assert counts(found) == (1, 0, 1, 2)
    assert Contact.objects.count() == 1
    assert "Import 1 contact" in page.content.decode()
    told = [(row.number, why) for row, why in page.context["refused"]]
    assert told == [(4, "Row 3 of the file has this e-mail already."), (5, "This is no telephone number.")]


def test_it_updates_whom_it_finds_by_phone_however_it_was_typed(cast: Cast) -> None:
    Contact.objects.create(workspace=cast.workspace, name="Lia", phone="57 300-123-4567")
    assert counts(bring(as_(cast.ana), LIA)) == (0, 1, 0, 0)
    lia = contact()
    assert (lia.name, lia.email) == ("Lía Restrepo", "lia@correo.example")


def test_it_finds_whom_whatsapp_knows_by_the_number(cast: Cast, line: Account) -> None:
    cast.write("573001234567", account=line, identity=("wa_id", "573001234567"), name="~lia~", phone="")
    assert counts(bring(as_(cast.ana), LIA)) == (0, 1, 0, 0)
    assert contact().name == "Lía Restrepo"


def test_other_forms_of_a_number_are_the_same_number(cast: Cast, line: Account) -> None:
    cast.write("5215512345678", account=line, identity=("wa_id", "5215512345678"), phone="+5215512345678")
    found = bring(as_(cast.ana), "Nombre;Tel\nLía;+52 55 1234 5678\n")
    assert (counts(found), contact().name, contact().phone) == ((0, 1, 0, 0), "Lía", "+5215512345678")


def test_a_number_typed_without_its_country_is_completed(cast: Cast) -> None:
    Contact.objects.create(workspace=cast.workspace, email="lia@correo.example", phone="300 123 4567")
    assert counts(bring(as_(cast.ana), LIA)) == (0, 1, 0, 0)
    assert contact().phone == "+573001234567"


def test_contacts_of_another_workspace_are_never_found(cast: Cast, carla: Cast) -> None:
    theirs = Contact.objects.create(workspace=carla.workspace, name="Suya", phone="+573001234567")
    assert counts(bring(as_(cast.ana), LIA)) == (1, 0, 0, 0)
    theirs.refresh_from_db()
    assert (theirs.name, theirs.email) == ("Suya", "")


@pytest.mark.parametrize(
    ("others", "why"),
    [
        ([{"phone": "+573001234567"}, {"email": "lia@correo.example"}], "More than one contact"),
        ([{"phone": "+573001234567"}, {"phone": "573001234567"}], "More than one contact"),
        ([{"phone": "+573001234567", "email": "otra@x.example"}], "The contact with this phone has another e-mail."),
        (
            [{"phone": "+573019999999", "email": "Lia@correo.example"}],
            "The contact with this e-mail has another phone.",
        ),
    ],
)
def test_what_fits_two_people_is_refused(cast: Cast, others: list[dict[str, str]], why: str) -> None:
    for each in others:
        Contact.objects.create(workspace=cast.workspace, **each)
    before = list(Contact.objects.order_by("pk").values())
    browser = as_(cast.ana)
    found = bring(browser, LIA)
    assert counts(found) == (0, 0, 0, 1)
    assert why in refused(browser, found)[0][4]
    assert list(Contact.objects.order_by("pk").values()) == before


def test_two_rows_about_one_contact_are_one_too_many(cast: Cast) -> None:
    Contact.objects.create(workspace=cast.workspace, phone="+573001234567", email="lia@correo.example")
    browser = as_(cast.ana)
    found = bring(browser, "Nombre;Tel;Correo\nA;+573001234567;\nB;;lia@correo.example\n")
    assert (counts(found), contact().name) == ((0, 1, 0, 1), "A")
    assert refused(browser, found)[0][4] == "Row 2 of the file is about the same contact."


def test_a_row_that_is_refused_takes_no_other_rows_place(cast: Cast) -> None:
    found = look(
        as_(cast.ana), "Tel;Correo\n+573001234567;\n+573001234567;lia@x.example\n+573007654321;lia@x.example\n"
    )
    assert list(Row.objects.filter(batch=found).order_by("number").values_list("fault", flat=True)) == [
        "", "twice_phone", "",
    ]  # fmt: skip


def test_a_row_nobody_could_be_found_by_is_refused(cast: Cast) -> None:
    found = look(as_(cast.ana), "Nombre;Tel\nLía;\n")
    assert Row.objects.get(batch=found).fault == "unreachable"


def test_of_a_row_of_very_many_cells_no_more_is_kept_than_there_are_headers(cast: Cast) -> None:
    browser = as_(cast.ana)
    found = look(browser, f"Tel,Nombre{',' * 5_000}\n+573001234567,Lía{',' * 5_000}x{',y' * 5_000}\n")
    row = Row.objects.get(batch=found)
    assert (row.fault, row.said, row.cells) == ("cells", "x", ["+573001234567", "Lía", "x"])
    assert refused(browser, found)[0][1] == "Lía"


def test_a_cell_too_many_is_refused_and_one_too_few_is_blank(cast: Cast) -> None:
    found = look(as_(cast.ana), "Tel,Nombre\n+573001234567\n+573001234568,Lía,Restrepo\n")
    assert counts(found) == (1, 0, 0, 1)


# What is written


def test_the_same_file_twice_changes_nothing_the_second_time(cast: Cast, line: Account) -> None:
    fields.make(cast.workspace.pk, "Ciudad", "text")
    cast.write("573009999999", account=line, identity=("wa_id", "573009999999"), phone="+573009999999")
    text = (
        "Nombre;Tel;Correo;Ciudad;Etiquetas\nLía;300 123 4567;;Cali;VIP, Feria\nNoa;;noa@correo.example;;\n"
        "Ana;300 999 9999;ana@correo.example;Bogotá;VIP\n"
    )
    browser = as_(cast.ana)
    assert counts(bring(browser, text)) == (2, 1, 0, 0)
    before = [
        list(each.objects.order_by("pk").values()) for each in (Contact, ContactValue, Identity, Tagging, WaitingTag)
    ]
    assert counts(bring(browser, text)) == (0, 0, 3, 0)
    after = [
        list(each.objects.order_by("pk").values()) for each in (Contact, ContactValue, Identity, Tagging, WaitingTag)
    ]
    assert before == after


def test_an_empty_cell_erases_nothing(cast: Cast) -> None:
    browser = as_(cast.ana)
    bring(browser, LIA)
    assert counts(bring(browser, "Nombre;Tel;Correo\n;300 123 4567;\n")) == (0, 0, 1, 0)
    assert (contact().name, contact().email) == ("Lía Restrepo", "lia@correo.example")


def test_what_is_known_stays_where_only_blanks_are_filled_in(cast: Cast) -> None:
    city = fields.make(cast.workspace.pk, "Ciudad", "text")
    known = Contact.objects.create(workspace=cast.workspace, name="Lía", phone="+573001234567")
    ContactValue.objects.create(contact=known, field=city, value="Cali")
    text = "Nombre;Tel;Correo;Ciudad\nLIA;300 123 4567;lia@correo.example;Bogotá\n"
    browser = as_(cast.ana)
    assert counts(bring(browser, text, keeps="on")) == (0, 1, 0, 0)
    assert (contact().name, contact().email, ContactValue.objects.get().value) == (
        "Lía",
        "lia@correo.example",
        "Cali",
    )
    bring(browser, text)
    assert (contact().name, ContactValue.objects.get().value) == ("LIA", "Bogotá")


def test_whoever_writes_from_an_imported_number_is_known(cast: Cast, line: Account) -> None:
    bring(
        as_(cast.ana),
        f"{LIA.strip()}\n".replace("Correo\n", "Correo;Etiquetas\n").replace("example\n", "example;VIP\n"),
    )
    conversation = cast.write(
        "573001234567", account=line, identity=("wa_id", "573001234567"), name="~lia~", phone="+573001234567"
    )
    assert (conversation.contact.name, Contact.objects.count()) == ("Lía Restrepo", 1)
    assert [each.tag.name for each in Tagging.objects.filter(conversation=conversation)] == ["VIP"]
    assert not WaitingTag.objects.exists()


@pytest.mark.parametrize("imported_stays", [True, False])
def test_tags_that_wait_are_put_when_their_contact_becomes_one_with_who_writes(
    cast: Cast, imported_stays: bool
) -> None:
    bring(as_(cast.ana), "Correo;Etiquetas\nlia@correo.example;VIP, Feria\n")
    imported, conversation = contact(), cast.write("lia")
    pair = (imported.pk, conversation.contact_id)
    stays, goes = pair if imported_stays else pair[::-1]
    merging.merge(stays, goes, scope=Scope(cast.workspace.pk), by=Actor.agent(cast.ana))
    put = Tagging.objects.filter(conversation=conversation).values_list("tag__name", flat=True)
    assert ({*put}, WaitingTag.objects.count()) == ({"VIP", "Feria"}, 0)


def test_tags_go_on_the_conversations_there_are(cast: Cast) -> None:
    conversation = cast.write("lia", email="lia@correo.example")
    known = tags.make(cast.workspace.pk, "vip")
    bring(as_(cast.ana), "Correo;Etiquetas\nlia@correo.example;VIP|Nueva\n")
    assert {each.tag.name for each in Tagging.objects.filter(conversation=conversation)} == {"vip", "Nueva"}
    assert Tag.objects.filter(pk=known.pk).exists()


def test_who_may_not_make_tags_makes_none(cast: Cast) -> None:
    Role.objects.filter(pk=cast.bruno.role_id).update(permissions=["import_contacts"])
    found = look(as_(cast.bruno), "Correo;Etiquetas\nlia@correo.example;VIP\n")
    assert Row.objects.get(batch=found).fault == "no_tag"
    assert not Tag.objects.exists()


def test_who_confirms_makes_tags_only_if_they_may(cast: Cast) -> None:
    Role.objects.filter(pk=cast.bruno.role_id).update(permissions=["import_contacts"])
    tags.make(cast.workspace.pk, "Feria")
    found = look(as_(cast.ana), "Correo;Etiquetas\nlia@x.example;VIP\nnoa@x.example;FERIA\n")
    as_(cast.bruno).post(f"{PAGE}/{found.pk}/writing")
    assert counts(Import.objects.get(pk=found.pk)) == (1, 0, 0, 1)
    assert (Row.objects.get().fault, contact().email, Tag.objects.get().name) == ("no_tag", "noa@x.example", "Feria")


def test_a_tag_made_at_the_same_moment_is_that_tag(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    found = look(as_(cast.ana), "Correo;Etiquetas\nlia@x.example;VIP\n")
    make = tags.make

    def late(workspace_id: int, name: str) -> Tag:
        make(workspace_id, name)
        return make(workspace_id, name)

    monkeypatch.setattr(tags, "make", late)
    assert counts(taking.confirm(found.pk, cast.ana)) == (1, 0, 0, 0)
    assert WaitingTag.objects.get().tag.name == "VIP"


def test_an_import_sets_off_nothing(cast: Cast) -> None:
    cast.rule()
    conversation = cast.write("lia", email="lia@correo.example")
    events, armed = Event.objects.count(), conversation.armed_at
    bring(as_(cast.ana), f"{LIA.replace('Correo', 'Correo;Etiquetas').replace('example', 'example;VIP')}")
    conversation.refresh_from_db()
    assert (Event.objects.count(), conversation.armed_at) == (events, armed)


def test_it_is_told_in_the_audit_log(cast: Cast) -> None:
    bring(as_(cast.ana), LIA)
    entry = AuditEntry.objects.get(subject="contact")
    assert (entry.action, entry.name, entry.agent_id) == ("imported", "contactos.csv", cast.ana.pk)
    assert entry.after == {"added": 1, "changed": 0, "same": 0, "refused": 0}
    assert "imported contacts from “contactos.csv”" in as_(cast.ana).get("/settings/audit").content.decode()


def test_only_refused_rows_are_kept_and_those_go_after_a_week(cast: Cast, clock: Clock) -> None:
    clock.set(clock.now())
    found = bring(as_(cast.ana), f"{LIA}x;y;\n")
    assert [row.number for row in Row.objects.all()] == [3]
    assert found.content is None
    clock.advance(days=7)
    assert carrying.prune() == 0
    clock.advance(seconds=1)
    assert carrying.prune() == 1
    assert not Row.objects.exists()
    assert Contact.objects.exists()


# What goes wrong


def test_refused_rows_come_back_as_a_file_that_runs_nothing_and_can_be_handed_over_again(cast: Cast) -> None:
    browser = as_(cast.ana)
    found = bring(browser, "Nombre;Tel;Correo\n=1+1;+573001234567;malo\n")
    row = refused(browser, found)[0]
    assert row == ["'=1+1", "'+573001234567", "malo", "2", "This is no e-mail address.", "Correo", "malo"]
    mended = browser.get(f"{PAGE}/{found.pk}/refused.csv").content.replace(b"malo", b"lia@correo.example", 1)
    assert counts(bring(browser, mended)) == (1, 0, 0, 0)
    assert (contact().name, contact().phone) == ("=1+1", "+573001234567")


def test_what_changed_since_the_preview_counts_as_it_is_now(cast: Cast) -> None:
    found = look(as_(cast.ana), LIA)
    Contact.objects.create(workspace=cast.workspace, phone="+573001234567", email="otra@correo.example")
    taking.confirm(found.pk, cast.ana)
    found.refresh_from_db()
    assert (counts(found), Contact.objects.count()) == ((0, 0, 0, 1), 1)


def test_a_field_deleted_since_the_preview_is_passed_over(cast: Cast) -> None:
    field = fields.make(cast.workspace.pk, "Ciudad", "text")
    found = look(as_(cast.ana), "Correo;Ciudad\nlia@correo.example;Cali\n")
    fields.delete(field)
    taking.confirm(found.pk, cast.ana)
    assert contact().email == "lia@correo.example"
    assert not ContactValue.objects.exists()


def test_it_is_confirmed_once(cast: Cast) -> None:
    browser = as_(cast.ana)
    found = bring(browser, LIA)
    browser.post(f"{PAGE}/{found.pk}/writing")
    browser.post(f"{PAGE}/{found.pk}/cancelling")
    assert Import.objects.get().stage == Stage.DONE
    assert Contact.objects.count() == 1
    assert browser.get(f"{PAGE}/{found.pk}/columns")["location"] == f"{PAGE}/{found.pk}"


def test_what_another_file_took_the_place_of_meanwhile_is_said_to_be_gone(cast: Cast) -> None:
    found = look(as_(cast.ana), LIA)
    taking.take(cast.ana, "otro.csv", LIA.encode())
    for act in (taking.cancel, lambda pk: taking.confirm(pk, cast.ana)):
        with pytest.raises(taking.TooLate):
            act(found.pk)


def test_what_is_cancelled_is_forgotten(cast: Cast) -> None:
    browser = as_(cast.ana)
    found = look(browser, LIA)
    browser.post(f"{PAGE}/{found.pk}/cancelling")
    kept = Import.objects.get()
    assert (kept.stage, kept.content, Row.objects.count(), Contact.objects.count()) == (Stage.CANCELLED, None, 0, 0)


def test_columns_can_be_changed_after_the_preview(cast: Cast) -> None:
    browser = as_(cast.ana)
    found = look(browser, LIA)
    browser.post(f"{PAGE}/{found.pk}/columns", columns_of(browser, found, **{"column-0": ""}))
    browser.post(f"{PAGE}/{found.pk}/writing")
    assert contact().name == ""


def test_many_rows_are_the_workers_a_batch_at_a_time(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking, "AT_ONCE", 2)
    monkeypatch.setattr(carrying, "BATCH", 3)
    rows = "".join(f"Contacto {number};300 123 {number:04}\n" for number in range(8))
    browser = as_(cast.ana)
    found = look(browser, f"Nombre;Tel\n{rows}")
    assert found.stage == Stage.READING
    assert "every 1s" in browser.get(f"{PAGE}/{found.pk}").content.decode()
    assert carrying.step() == 1
    browser.post(f"{PAGE}/{found.pk}/writing")
    done = []
    while carrying.step():
        done.append(Contact.objects.count())
    assert done == [3, 6, 8, 8]
    assert counts(Import.objects.get()) == (8, 0, 0, 0)
    assert carrying.step() == 0


def test_a_worker_killed_half_way_goes_on_where_it_was(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking, "AT_ONCE", 0)
    monkeypatch.setattr(carrying, "BATCH", 2)
    rows = "".join(f"Contacto {number};300 123 {number:04}\n" for number in range(4))
    found = look(as_(cast.ana), f"Nombre;Tel\n{rows}")
    carrying.step()
    taking.confirm(found.pk, cast.ana)
    carrying.step()
    with monkeypatch.context() as patch:
        patch.setattr(carrying, "is_outage", lambda error: True)  # noqa: ARG005  called as the real one
        patch.setattr(carrying, "WRITE", f"{carrying.WRITE}; select 1 / 0")
        with pytest.raises(Exception, match="division by zero"):
            carrying.step()
    assert Contact.objects.count() == 2
    while carrying.step():
        pass
    assert (Contact.objects.count(), counts(Import.objects.get())) == (4, (4, 0, 0, 0))


def test_a_batch_that_fails_ends_the_import_and_says_so(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = as_(cast.ana)
    found = look(browser, LIA)
    monkeypatch.setattr(carrying, "WRITE", "select 1 / 0")
    browser.post(f"{PAGE}/{found.pk}/writing")
    assert (Import.objects.get().stage, Contact.objects.count()) == (Stage.HALTED, 0)
    assert "Something went wrong" in browser.get(f"{PAGE}/{found.pk}").content.decode()


def test_erasing_a_contact_takes_their_refused_row_along(cast: Cast) -> None:
    found = look(as_(cast.ana), LIA)
    Contact.objects.create(workspace=cast.workspace, name="Lía", phone="+573001234567")
    taking.match(found.pk, found.columns, calling="57", keeps=False)
    contact().delete()
    assert not Row.objects.exists()


def test_deleting_the_fields_name_is_no_way_to_another_workspaces_field(cast: Cast, carla: Cast) -> None:
    theirs: ContactField = fields.make(carla.workspace.pk, "Ciudad", "text")
    browser = as_(cast.ana)
    address = hand_over(browser, "Correo;Ciudad\nlia@correo.example;Cali\n")["location"]
    said = browser.post(address, {"column-0": "email", "column-1": str(theirs.pk)})
    assert said.status_code == 422
