"""The phone simulator: the demo's lines live on the stand-in, and an administrator plays who writes to them."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from bandeja.channels.contract import Inbound
from bandeja.channels.models import Account, ChannelKey, MetaApp
from bandeja.closing import coverage
from bandeja.conversations import lifecycle
from bandeja.demo import mark, phones
from bandeja.people.clock import database_now
from bandeja.people.models import Workspace
from bandeja.standin import files
from bandeja.standin.client import Control
from tests.cast import Cast
from tests.standin import Callback

pytestmark = pytest.mark.django_db


@pytest.fixture
def app(cast: Cast, standin: Control, callback: Callback, monkeypatch: pytest.MonkeyPatch) -> MetaApp:
    """The demo's app, whose deliveries go to a callback of the test."""
    monkeypatch.setenv("BANDEJA_STANDIN_PORT", str(urlsplit(standin.url).port))
    monkeypatch.setenv("BANDEJA_PORT", str(urlsplit(callback.url).port))
    app = phones.connect(cast.workspace)
    callback.verify_token = app.verify_token
    return app


@pytest.fixture
def page(cast: Cast, client: Client) -> Client:
    client.force_login(cast.ana)
    return client


def number(app: MetaApp) -> Account:
    return Account.objects.get(app=app, channel=ChannelKey.WHATSAPP)


def say(page: Client, app: MetaApp, person: str = "lia.rendon", **form: object) -> int:
    sides = {"line": number(app).external_id, "person": phones.person_id(app, person)}
    return page.post("/simulator/say", {**sides, **form}).status_code


def test_the_demo_connects_a_number_a_page_and_an_instagram_account(cast: Cast, app: MetaApp) -> None:
    assert [account.channel for account in phones.lines(app)] == ["whatsapp", "messenger", "instagram"]
    assert phones.connect(cast.workspace) == app
    assert len(phones.lines(app)) == 3


def test_another_workspace_has_lines_of_its_own(app: MetaApp) -> None:
    other = phones.connect(Workspace.objects.create(name="Otra"))

    ids = {account.external_id for each in (app, other) for account in phones.lines(each)}
    assert len(ids) == 6


def test_what_the_customer_writes_is_delivered_signed(
    page: Client, app: MetaApp, callback: Callback, standin: Control
) -> None:
    assert page.get("/simulator").status_code == 200

    assert say(page, app, type="text", text="¿Tienen la azul?") == 302
    standin.settle()

    message = callback.messages()[0]
    assert message["text"] == {"body": "¿Tienen la azul?"}
    assert message["from"] == "573001234567"
    assert callback.told[0].headers["x-hub-signature-256"].startswith("sha256=")
    assert "¿Tienen la azul?" in page.get("/simulator").content.decode()


def test_the_customer_sends_reacts_edits_and_unsends(
    page: Client, app: MetaApp, callback: Callback, standin: Control
) -> None:
    page.get("/simulator")
    say(page, app, type="text", text="uno")
    standin.settle()
    theirs = callback.messages()[0]["id"]
    for kind in ("image", "voice", "sticker", "document", "location"):
        say(page, app, type=kind)
    say(page, app, type="edit", target=theirs, text="dos")
    say(page, app, type="reaction", target=theirs, emoji="❤️")
    say(page, app, type="unsend", target=theirs)
    say(page, app, type="text", text="", file=SimpleUploadedFile("foto.png", files.picture("PNG"), "image/png"))
    standin.settle()

    kinds = [message["type"] for message in callback.messages()]

    assert kinds == [
        "text",
        "image",
        "audio",
        "sticker",
        "document",
        "location",
        "edit",
        "reaction",
        "revoke",
        "image",
    ]
    assert callback.messages()[-1]["image"]["mime_type"] == "image/png"


def test_nothing_is_said_when_there_is_nothing_to_say(
    page: Client, app: MetaApp, callback: Callback, standin: Control
) -> None:
    page.get("/simulator")

    say(page, app, type="text", text="   ")
    standin.settle()

    assert callback.messages() == []


def test_the_customer_sees_the_answer_and_its_ticks_reach_us(
    page: Client, app: MetaApp, callback: Callback, standin: Control
) -> None:
    page.get("/simulator")
    say(page, app, type="text", text="Hola")
    line = number(app)
    _answer(standin, line, "Sí, hay")
    standin.settle()
    sides = {"line": line.external_id, "person": phones.person_id(app, "lia.rendon")}
    assert "Sí, hay" in page.get("/simulator/talk", sides).content.decode()

    page.post("/simulator/read", sides)
    standin.settle()

    assert [status["status"] for status in callback.statuses()] == ["sent", "delivered", "read"]


def test_a_phone_that_is_off_gets_its_messages_later(
    page: Client, app: MetaApp, callback: Callback, standin: Control
) -> None:
    page.get("/simulator")
    say(page, app, type="text", text="Hola")
    line = number(app)
    sides = {"line": line.external_id, "person": phones.person_id(app, "lia.rendon")}
    page.post("/simulator/away", {**sides, "reachable": "no"})
    _answer(standin, line, "Sí, hay")
    standin.settle()
    assert [status["status"] for status in callback.statuses()] == ["sent"]

    page.post("/simulator/away", {**sides, "reachable": "yes"})
    standin.settle()

    assert [status["status"] for status in callback.statuses()] == ["sent", "delivered"]


def test_there_is_room_for_another_customer(page: Client, app: MetaApp) -> None:
    page.get("/simulator")
    line = number(app).external_id
    person = phones.person_id(app, "lia.rendon")

    landed = page.post("/simulator/person", {"line": line, "person": person, "name": "Tomás  Ruiz"}, follow=True)

    assert "Tomás Ruiz" in landed.content.decode()


def test_a_file_is_shown_to_who_plays_and_only_of_this_chat(page: Client, app: MetaApp, standin: Control) -> None:
    page.get("/simulator")
    say(page, app, type="image")
    line, person = number(app).external_id, phones.person_id(app, "lia.rendon")
    media = standin.thread(line, person)[0]["file"]
    sides = {"line": line, "person": person, "file": media}

    shown = page.get("/simulator/file", sides)

    assert shown["content-type"] == "image/jpeg"
    assert shown.content == files.picture()
    assert page.get("/simulator/file", {**sides, "person": phones.person_id(app, "rui.nogueira")}).status_code == 404


def test_what_the_stand_in_forgot_it_is_told_again(page: Client, app: MetaApp, standin: Control) -> None:
    line = number(app)
    inbound = Inbound(line.pk, "wamid.1", ("wa_id", "573009990000"), text="Hola", name="Olga", opens_window=True)
    lifecycle.receive([inbound], clock=coverage.clock, at=database_now())

    assert "Olga" in page.get("/simulator").content.decode()

    standin.reset()
    assert "Olga" in page.get("/simulator").content.decode()
    assert _answer(standin, line, "¿Sigues ahí?", to="573009990000") == 200


def test_somebody_elses_line_or_customer_is_not_there(page: Client, app: MetaApp) -> None:
    page.get("/simulator")
    other = phones.connect(Workspace.objects.create(name="Otra"))

    assert page.get("/simulator", {"line": number(other).external_id}).status_code == 404
    assert page.get("/simulator", {"person": "w999-lia"}).status_code == 404


def test_only_who_manages_accounts_plays_and_only_where_there_is_a_demo(cast: Cast, client: Client) -> None:
    client.force_login(cast.ana)
    assert client.get("/simulator").status_code == 404
    phones.connect(cast.workspace)
    client.force_login(cast.bruno)
    assert client.get("/simulator").status_code == 403


def test_it_says_so_when_the_stand_in_does_not_answer(page: Client, app: MetaApp) -> None:
    MetaApp.objects.update(graph_url="http://127.0.0.1:9")

    answer = page.get("/simulator")

    assert answer.status_code == 503
    assert "bandeja up" in answer.content.decode()


def test_the_mark_tells_the_supervisor(app: MetaApp, tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANDEJA_HOME", str(tmp_path))
    assert not mark.is_there()

    mark.put()

    assert mark.is_there()


def _answer(standin: Control, line: Account, text: str, to: str = "573001234567") -> int:
    """The team answers, by Graph."""
    import httpx

    said = {"messaging_product": "whatsapp", "to": to, "type": "text", "text": {"body": text}}
    headers = {"authorization": f"Bearer {line.credential.token}"}
    url = f"{standin.url}/v26.0/{line.external_id}/messages"
    return httpx.post(url, json=said, headers=headers, trust_env=False).status_code
