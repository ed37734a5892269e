"""Filters and search: what each finds, how far one looks, and that none of it is anybody else's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection

from bandeja.channels import accounts
from bandeja.channels.contract import Kind
from bandeja.channels.models import Account, ChannelKey
from bandeja.conversations import lifecycle, plain, tags
from bandeja.conversations.actor import Actor
from bandeja.conversations.models import Annotation, Cause, Contact, Conversation, Message
from bandeja.conversations.scope import Scope
from bandeja.inbox import lookup, rows, texts, walk
from bandeja.inbox.filters import Asked, Filters
from bandeja.inbox.tests.browser import Browser, words
from tests.cast import Cast
from tests.clock import Clock

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def close(cast: Cast, conversation: Conversation, reason: str = "Resuelto", cause: Cause = Cause.AGENT) -> None:
    lifecycle.close(
        [conversation.pk], scope=Scope(cast.workspace.pk), reason=reason, cause=cause, by=Actor.agent(cast.ana)
    )


def texts_of(browser: Browser, **query: Any) -> str:
    return browser.see("/inbox/list/texts", **query)


# Filters


def test_the_date_filter_goes_by_the_last_message(cast: Cast, ana: Browser, clock: Clock) -> None:
    clock.set(NOON)
    for days in (0, 2, 5, 20, 60, 200):
        cast.write(f"Hace {days}", at=NOON - timedelta(days=days))
    assert [len(ana.names(days=days)) for days in ("1", "3", "7", "30", "90", "", "5")] == [1, 2, 3, 4, 5, 6, 6]


def test_a_channel_shows_all_its_accounts(cast: Cast, ana: Browser) -> None:
    line = accounts.connect(cast.workspace, ChannelKey.API, name="Pedidos")
    cast.write("Del chat")
    cast.write("De la API", account=line)
    assert ana.names(channel="api") == ["De la API"]
    assert ana.names(channel="whatsapp") == []
    assert sorted(ana.names(channel="fax")) == ["De la API", "Del chat"]


def test_a_tag_finds_what_has_it(cast: Cast, carla: Cast, ana: Browser) -> None:
    tagged, foreign = cast.write("Lía"), carla.write("Ajena")
    cast.write("Mateo")
    vip, theirs = tags.make(cast.workspace.pk, "VIP"), tags.make(carla.workspace.pk, "VIP")
    tags.tag([tagged.pk], [vip.pk], scope=Scope(cast.workspace.pk))
    tags.tag([foreign.pk], [theirs.pk], scope=Scope(carla.workspace.pk))
    assert ana.names(tag=str(vip.pk)) == ["Lía"]
    assert ana.names(tag=str(theirs.pk)) == []
    assert "VIP" in ana.see("/inbox/list", tag=str(vip.pk))


def test_closings_are_found_by_their_reason_and_their_cause(cast: Cast, ana: Browser) -> None:
    close(cast, cast.write("Compró"), "Venta cerrada")
    close(cast, cast.write("Calló"), "Sin respuesta", Cause.BULK)
    cast.write("Abierta")
    assert ana.names(reason="Venta cerrada") == ["Compró"]
    assert ana.names(cause="bulk") == ["Calló"]
    assert ana.names(cause="bulk", reason="Venta cerrada") == []
    assert ana.names(cause="bulk", state="all") == ["Abierta", "Calló", "Compró"]


def test_only_the_latest_closing_counts(cast: Cast, ana: Browser) -> None:
    conversation = cast.write("Lía")
    close(cast, conversation, "Primera")
    cast.write("Lía")
    close(cast, conversation, "Segunda")
    assert ana.names(reason="Primera") == []
    assert ana.names(reason="Segunda") == ["Lía"]


def test_those_that_close_soon_come_first_what_closes_first(cast: Cast, ana: Browser, clock: Clock) -> None:
    clock.set(NOON - timedelta(days=1))
    cast.rule(amount=60)
    other = accounts.connect(cast.workspace, ChannelKey.WEBCHAT, name="Otro")
    cast.rule(other, amount=4, unit="hours")
    clock.set(NOON)
    for who, minutes, account in (("Tercera", 46, cast.chat), ("Primera", 59, cast.chat), ("Fresca", 10, cast.chat)):
        cast.write(who, received_at=NOON - timedelta(minutes=minutes), at=NOON, account=account)
    cast.write("Segunda", received_at=NOON - timedelta(minutes=235), at=NOON, account=other)
    cast.write("Sin prisa", received_at=NOON - timedelta(minutes=100), at=NOON, account=other)
    Conversation.objects.filter(contact__name="Sin prisa").update(look_at=NOON)  # the sweep may look early
    assert ana.names(soon="1") == ["Primera", "Segunda", "Tercera"]
    assert ana.names(soon="1", account=str(other.pk)) == ["Segunda"]
    Conversation.objects.filter(contact__name="Tercera").update(unread=0)
    counted = ana.get("/inbox/list", soon="1").context
    assert (counted["all_count"], counted["unread_count"]) == ("3", "2")


def test_a_lengthened_rule_keeps_the_clocks_of_before_to_their_own_time(
    cast: Cast, ana: Browser, clock: Clock
) -> None:
    clock.set(NOON)
    cast.rule(amount=60)
    cast.write("Lía")
    chips = "data-deadline"
    for minutes in (40, 50):
        clock.set(NOON + timedelta(minutes=minutes))
        near = "hidden>" not in ana.get("/inbox/list").content.decode().split(chips)[1].split("</span>")[0]
        assert (ana.names(soon="1") == ["Lía"]) is near is (minutes == 50)


def test_the_address_says_all_of_it_and_odd_ones_say_nothing(cast: Cast) -> None:
    from django.http import QueryDict

    def read(said: str) -> str:
        return Filters.read(QueryDict(said)).query

    whole = "tab=unread&state=closed&owner=mine&days=7&channel=api&account=3&reason=No+contesta&cause=rule&q=l%C3%ADa"
    assert read(whole) == f"?{whole}"
    assert read("cause=rule") == "?state=closed&cause=rule"
    assert read("state=all&cause=rule") == "?state=all"
    assert read("soon=1&cause=rule") == "?state=closed&cause=rule"
    assert read("state=all&soon=1&done=1") == "?soon=1"
    assert read("days=2&channel=x&cause=x&soon=x&account=x") == ""
    assert Filters.read(QueryDict("cause=rule&days=7")).without("cause") == "?days=7"
    assert Filters.read(QueryDict("cause=rule&reason=a")).without("cause") == "?state=closed&reason=a"


def test_what_is_on_stands_under_the_filters_with_a_way_off(cast: Cast, ana: Browser) -> None:
    cast.write("Lía")
    html = ana.get("/inbox/list", days="7", channel="webchat", owner="nobody").content.decode()
    assert "Last 7 days" in words(html)
    assert 'href="/inbox?owner=nobody&amp;channel=webchat"' in html
    assert "Clear all" in words(html)
    assert "Clear all" not in ana.see("/inbox/list", tab="unread")


def test_the_filters_are_asked_for_in_a_dialog_that_goes_when_they_are_shown(cast: Cast, ana: Browser) -> None:
    close(cast, cast.write("Lía"), "Venta cerrada")
    said = ana.see("/inbox/filters", account=str(cast.chat.pk))
    assert "Venta cerrada" in said
    assert "Chat web" in said
    assert ana.get("/inbox/list", reason="Venta cerrada", done="1")["HX-Trigger"] == "done"


# How far one looks


def test_a_walk_stops_when_its_time_is_over_and_goes_on_where_it_stopped(
    cast: Cast, ana: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "PATIENCE", 0.0)
    monkeypatch.setattr(walk, "LARGEST", 30)
    wanted = cast.write("La buscada", at=NOON - timedelta(days=1))
    lifecycle.assign([wanted.pk], cast.ana.pk, scope=Scope(cast.workspace.pk), by=Actor.agent(cast.ana))
    for number in range(100):
        cast.write(f"C{number}", at=NOON + timedelta(minutes=number))
    found: list[str] = []
    before, pages = "", 0
    while pages == 0 or before:
        query = {"account": str(cast.chat.pk), "days": ""} | ({"before": before} if before else {})
        page = ana.get("/inbox/list", q="la busc", **query).context["page"]
        found += [str(row.conversation.contact) for row in page.rows]
        before, pages = page.next, pages + 1
    assert found == ["La buscada"]


def test_a_filter_that_chooses_few_of_many_is_gone_through_to_the_end(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    clock.set(NOON)
    monkeypatch.setattr(rows, "PATIENCE", 0.0)
    for number in range(130):
        cast.write(f"C{number}", at=NOON - timedelta(minutes=number))
    close(cast, Conversation.objects.get(contact__name="C129"))
    asked = Asked(cast.ana, Filters(state="closed"), NOON)
    first = rows.page(asked)
    assert not first.rows
    assert first.looked_to is not None
    assert first.keeps
    pages = [first]
    while pages[-1].next:
        pages.append(rows.page(asked, before=pages[-1].next))
    assert [str(row.conversation.contact) for page in pages for row in page.rows] == ["C129"]


def test_counters_stop_and_say_when_there_may_be_more(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        cast.write(f"C{number}")
    asked, closed = (Asked(cast.ana, Filters(state=state), NOON) for state in ("", "closed"))
    assert rows.counts([asked, closed]) == ["4", ""]
    monkeypatch.setattr(rows, "AMONG", 3)
    assert rows.counts([closed, asked]) == ["", "3+"]
    monkeypatch.setattr(rows, "COUNTED", 2)
    assert rows.counts([asked]) == ["2+"]


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"state": "closed", "cause": "rule"},
        {"soon": "1"},
        {"channel": "webchat", "days": "7", "owner": "mine"},
        {"q": "lía"},
        {"q": "l"},
    ],
)
@pytest.mark.parametrize("number", [1, 45])
def test_every_filter_costs_the_same_queries_however_many_rows(
    cast: Cast, ana: Browser, number: int, query: dict[str, str], django_assert_max_num_queries: Any
) -> None:
    cast.rule()
    for each in range(number):
        cast.write(f"Lía {each}")
    with django_assert_max_num_queries(22):
        ana.get("/inbox/list", **query)
    with django_assert_max_num_queries(10):
        ana.get("/inbox/list/texts", q="hola")


# People


@pytest.mark.parametrize(
    "written",
    [
        "3115550192",
        "311 555 0192",
        "+573115550192",
        "0057 311 5550192",
        "(311) 555-0192",
        "5550192",
        "57.311.555.0192",
    ],
)
@pytest.mark.parametrize("kept", ["+57 311 555 0192", "3115550192", "573115550192", "(311) 555-01-92"])
def test_a_number_is_found_however_it_is_written(cast: Cast, ana: Browser, written: str, kept: str) -> None:
    cast.write("Lía", phone=kept)
    cast.write("Mateo", phone="+57 310 555 0199")
    assert ana.names(q=written) == ["Lía"]


@pytest.mark.parametrize("q", ["ñandu", "ÑANDÚ", "nandú"])
def test_accents_do_not_matter_where_the_index_is_missing_either(cast: Cast, ana: Browser, q: str) -> None:
    cast.write("Ñandú Pérez")
    cast.write("Mateo")
    assert ana.names(q=q) == ["Ñandú Pérez"]
    with connection.cursor() as cursor:
        cursor.execute("drop index contact_words")
    assert ana.names(q=q) == ["Ñandú Pérez"]


def test_contacts_are_read_off_their_index(cast: Cast) -> None:
    assert plain.is_indexed(connection)
    Contact.objects.bulk_create(Contact(workspace=cast.workspace, name=f"Contacto {n}") for n in range(3_000))
    with connection.cursor() as cursor:
        cursor.execute("select gin_clean_pending_list('contact_words')")
        cursor.execute("analyze contact")
        cursor.execute("set local enable_seqscan = off; set local enable_indexscan = off")
        assert plain.INDEX in lookup.matching(cast.workspace.pk, "restrepo").explain()


def test_many_of_a_name_are_found_newest_first_page_after_page(
    cast: Cast, ana: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookup, "FEW", 10)
    for number in range(45):
        cast.write(f"María {number}", at=NOON + timedelta(minutes=number))
        cast.write(f"Mateo {number}", at=NOON + timedelta(minutes=number))
    first = ana.names(q="maria")
    assert first == [f"María {number}" for number in range(44, 4, -1)]
    rest = ana.names(q="maria", before=ana.get("/inbox/list", q="maria").context["page"].next)
    assert rest == [f"María {number}" for number in range(4, -1, -1)]


def test_what_was_found_is_marked(cast: Cast, ana: Browser) -> None:
    cast.write("Lía Restrepo", email="ventas@correo.example", phone="+57 311 555 0192")
    html = ana.get("/inbox/list", q="RESTRÉPO").content.decode()
    assert "Lía <mark>Restrepo</mark>" in html
    assert "<mark>ventas</mark>@correo.example" in ana.get("/inbox/list", q="ventas").content.decode()
    assert "<mark>+57 311 555 0192</mark>" in ana.get("/inbox/list", q="3115550192").content.decode()


# Messages


def test_messages_are_found_without_accents_in_closed_ones_too(cast: Cast, ana: Browser) -> None:
    old = cast.write("Lía", "¿Cuándo llega la BICICLETA azul?")
    cast.write("Lía", "Gracias")
    cast.write("Mateo", "Quiero un casco")
    close(cast, old)
    html = ana.get("/inbox/list/texts", q="bicicleta cuando").content.decode()
    assert "¿<mark>Cuándo</mark> llega la <mark>BICICLETA</mark> azul?" in unescape(html)
    assert "Mateo" not in html
    message = Message.objects.get(text__contains="BICICLETA")
    assert f"&amp;from={message.pk}#m{message.pk}" in html
    assert "every message was looked at" in words(html)
    assert "Lía" not in texts_of(ana, q="bicicleta", state="closed", owner="mine")


def test_a_message_of_another_workspace_or_scope_is_never_found(cast: Cast, carla: Cast, bruno: Browser) -> None:
    carla.write("Ajena", "El secreto")
    hers = cast.write("De Ana", "El secreto")
    lifecycle.assign([hers.pk], cast.ana.pk, scope=Scope(cast.workspace.pk), by=Actor.agent(cast.ana))
    assert "No message says that." in texts_of(bruno, q="secreto")


def test_a_message_its_author_took_back_is_not_found(cast: Cast, ana: Browser) -> None:
    conversation = cast.write("Lía", "Mi clave es 1234", external_id="m-secret")
    Annotation.objects.create(
        workspace_id=cast.workspace.pk, account_id=conversation.account_id, external_id="u1", target="m-secret",
        kind=Kind.UNSEND, at=NOON,
    )  # fmt: skip
    assert "No message says that." in texts_of(ana, q="clave")


def test_looking_through_messages_says_how_far_it_came_and_goes_on(
    cast: Cast, ana: Browser, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    monkeypatch.setattr(texts, "PATIENCE", 0.0)
    monkeypatch.setattr(texts, "FIRST", 5)
    cast.write("Lía", "La aguja", at=NOON - timedelta(days=400))
    for number in range(12):
        cast.write(f"C{number}", "Paja", at=NOON - timedelta(days=number))
    first = ana.get("/inbox/list/texts", q="aguja")
    assert "Looked back to Dec. 28, 2029. Keep looking" in words(first.content.decode())
    pages, page = 1, first.context["page"]
    while page.next:
        page, pages = ana.get("/inbox/list/texts", q="aguja", before=page.next).context["page"], pages + 1
    assert [str(row.conversation.contact) for row in page.rows] == ["Lía"]
    assert pages == 3


@pytest.mark.parametrize("q", ["%", "_", "\\", "'", "(", "🙂" * 99])
def test_odd_words_are_only_words(cast: Cast, ana: Browser, q: str) -> None:
    cast.write("Lía", "Hola")
    assert "Hola" not in texts_of(ana, q=q)


@pytest.mark.parametrize("q", ["", " ", "\x00"])
def test_no_words_leave_nobody_out(cast: Cast, ana: Browser, q: str) -> None:
    cast.write("Lía", "Hola")
    assert "Hola" in texts_of(ana, q=q)


# Rows that stay put


def test_held_rows_are_brought_up_to_date_where_they_stand(
    cast: Cast, carla: Cast, ana: Browser, another_account: Callable[[str], Account]
) -> None:
    stays, leaves = cast.write("Queda"), cast.write("Sale")
    foreign = carla.write("Ajena")
    top = ana.get("/inbox/list").context["page"].top
    close(cast, leaves)
    cast.write("Queda", "Otra cosa")
    cast.write("Nueva")
    ids = f"{stays.pk},{leaves.pk},{foreign.pk},x,{'9' * 30}"
    html = ana.get("/inbox/list/held", ids=ids, top=top).content.decode()
    assert "Otra cosa" in words(html)
    assert "2 new" in words(html)
    assert f"delete:#row-{leaves.pk}" in html
    assert f"delete:#row-{foreign.pk}" in html
    assert "Ajena" not in html
    assert "Nueva" not in html


@pytest.mark.parametrize("top", ["", "x", "9" * 40, "1_1"])
def test_an_odd_top_still_answers(cast: Cast, ana: Browser, top: str) -> None:
    cast.write("Lía")
    assert ana.get("/inbox/list/held", ids="1,2", top=top).status_code == 200


def test_a_row_can_be_marked_without_opening_it(cast: Cast, ana: Browser) -> None:
    conversation = cast.write("Lía")
    address = f"/inbox/{conversation.pk}/unread"
    assert f'hx-delete="{address}"' in ana.get("/inbox/list").content.decode()
    ana.delete(address)
    assert f'hx-post="{address}"' in ana.get("/inbox/list").content.decode()
    ana.post(address)
    assert Conversation.objects.get().unread == 1


def test_plain_texts_read_the_same_here_and_in_the_database(db: None) -> None:
    said = "Ñandú ÇEDILLA Über straße İstanbul e\u0301 🙂 №5"
    with connection.cursor() as cursor:
        cursor.execute("select bandeja_plain(%s)", [said])
        assert cursor.fetchone() == (plain.plain(said),)
    assert Contact.objects.count() == 0
