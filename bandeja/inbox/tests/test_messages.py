"""What the thread shows of each kind of message, and what is sent from it."""

from __future__ import annotations

from base64 import b64decode
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from bandeja.channels import accounts, registry
from bandeja.channels.contract import Annotation, Kind, State
from bandeja.channels.models import Account, ChannelKey, MetaApp, Template
from bandeja.conversations import lifecycle
from bandeja.conversations.actor import Actor
from bandeja.conversations.annotations import annotate
from bandeja.conversations.models import Attachment, Conversation, FileState, Message, Outgoing
from bandeja.conversations.scope import Scope
from bandeja.inbox import gallery, kinds
from bandeja.inbox.extras import point
from bandeja.inbox.tests.browser import Browser, told, words
from bandeja.media.tests import remote as remotes
from bandeja.people.clock import database_now
from tests.cast import Cast
from tests.meta import EVERYTHING


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Any) -> None:
    entry = {"BACKEND": "bandeja.media.folder.Folder", "OPTIONS": {"location": str(tmp_path / "media")}}
    settings.STORAGES = {**settings.STORAGES, "media": entry}


@pytest.fixture
def number(cast: Cast) -> Account:
    app = MetaApp.objects.create(
        workspace=cast.workspace, key="k", name="App", app_id="1", secret="s", verify_token="v"
    )
    return accounts.connect(
        cast.workspace, ChannelKey.WHATSAPP, name="Ventas", external_id="111", app=app, config={"waba": "9"}
    )


@pytest.fixture
def lia(cast: Cast, number: Account) -> Conversation:
    return cast.write("Lía", account=number, external_id="wamid.1", opens_window=True)


@pytest.fixture
def late(lia: Conversation) -> Conversation:
    Conversation.objects.filter(pk=lia.pk).update(window_at=database_now() - timedelta(days=2))
    return lia


@pytest.fixture
def template(number: Account) -> Template:
    assert number.app
    return Template.objects.create(
        app=number.app, line="9", external_id="t", name="pedido_enviado", language="es", status="APPROVED",
        components=[{"type": "BODY", "text": "Hola {{1}}, tu pedido salió"}],
    )  # fmt: skip


def outbound(conversation: Conversation) -> Message:
    return conversation.messages.get(direction="out")


def reply(cast: Cast, conversation: Conversation, text: str = "Con gusto", **more: Any) -> Message:
    by: dict[str, Any] = {"scope": Scope(cast.workspace.pk), "by": Actor.agent(cast.ana)}
    return lifecycle.reply(conversation.pk, text, **by, **more).message


def attach(message: Message, **more: Any) -> Attachment:
    return Attachment.objects.create(
        message=message, workspace_id=message.workspace_id, account_id=message.account_id,
        conversation_id=message.conversation_id, **{"kind": "image", "mime": "image/png", **more},
    )  # fmt: skip


# ---- what is shown


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_without_words_is_said_in_words(cast: Cast, ana: Browser, number: Account, kind: Kind) -> None:
    conversation = cast.write("Lía", account=number)
    Message.objects.update(kind=kind, text="")
    Conversation.objects.update(last_message_text="", last_message_kind=kind)
    seen, listed = ana.see(f"/inbox/{conversation.pk}"), ana.see("/inbox/list")
    assert kinds.short(kind) in listed
    assert "_" not in seen + listed
    assert kind in kinds.LABELS


def test_everything_a_message_holds_is_shown(cast: Cast, ana: Browser, lia: Conversation, number: Account) -> None:
    for said in EVERYTHING:
        cast.write("Lía", account=number, **{"text": "", **said})
    html = ana.get(f"/inbox/{lia.pk}").content.decode()
    for piece in (
        "Ruta 28 con 20 % de descuento", "Calle 10 # 43-21, Bogotá", "Mateo Díaz", "+57 300 555 0134", "2 × Ruta 28",
        "1200 COP", "Talla M", "dia de la cita", "martes", "Ruta 28 en la montaña", "Lía called and nobody answered",
        "Lía opened the chat for the first time", "Mentioned you in a story",
    ):  # fmt: skip
        assert piece in words(html), piece
    assert 'href="https://www.openstreetmap.org/?mlat=4.650000&amp;mlon=-74.050000#map' in html


def test_an_address_that_is_none_leads_nowhere(cast: Cast, ana: Browser, lia: Conversation, number: Account) -> None:
    shares = [{"title": "Mira", "url": "javascript:alert(1)"}]
    cast.write("Lía", text="", account=number, kind=Kind.SHARE, data={"shares": shares})
    html = ana.get(f"/inbox/{lia.pk}").content.decode()
    assert "Mira" in html
    assert "javascript:" not in html


def test_a_picture_has_its_place_before_it_comes(ana: Browser, lia: Conversation) -> None:
    file = attach(lia.messages.get(), state=FileState.STORED, width=1400, height=700, thumb="k.webp", file="k")
    html = ana.get(f"/inbox/{lia.pk}").content.decode()
    assert f'src="/media/{file.pk}/thumb" width="280" height="140"' in html


@pytest.mark.parametrize(
    ("state", "error", "said"),
    [
        (FileState.WAITING, "", "On its way from the channel…"),
        (FileState.FAILED, "The channel no longer has this file.", "The channel no longer has this file."),
        (FileState.REFERRED, "", "The channel does not let us keep this."),
    ],
)
def test_a_file_that_is_not_here_is_told_of(
    ana: Browser, lia: Conversation, state: FileState, error: str, said: str
) -> None:
    file = attach(lia.messages.get(), state=state, error=error, file="k")
    html = ana.get(f"/inbox/{lia.pk}").content.decode()
    assert said in words(html)
    assert f"/media/{file.pk}" not in html


def test_a_file_that_did_not_come_is_fetched_again_once(ana: Browser, lia: Conversation) -> None:
    file = attach(lia.messages.get(), state=FileState.FAILED, error="Gone", remote="77", tries=3)
    address = f"/inbox/{lia.pk}/files/{file.pk}"
    assert address in ana.get(f"/inbox/{lia.pk}").content.decode()
    assert told(ana.post(address)) == ""
    file.refresh_from_db()
    assert (file.state, file.error, file.tries, file.look_at is None) == (FileState.WAITING, "", 3, False)
    assert "on its way already" in told(ana.post(address))
    assert address not in ana.get(f"/inbox/{lia.pk}").content.decode()


def test_a_file_without_an_id_at_its_channel_cannot_be_fetched_again(ana: Browser, lia: Conversation) -> None:
    file = attach(lia.messages.get(), state=FileState.FAILED, error="Gone")
    address = f"/inbox/{lia.pk}/files/{file.pk}"
    assert address not in ana.get(f"/inbox/{lia.pk}").content.decode()
    ana.post(address)
    file.refresh_from_db()
    assert file.state == FileState.FAILED


def test_a_file_is_fetched_again_only_where_its_conversation_is_seen(
    cast: Cast, carla: Cast, ana: Browser, lia: Conversation
) -> None:
    file = attach(lia.messages.get(), state=FileState.FAILED, remote="77")
    other = cast.write("Mateo")
    assert ana.post(f"/inbox/{other.pk}/files/{file.pk}").status_code == 404
    assert Browser(carla.ana).post(f"/inbox/{lia.pk}/files/{file.pk}").status_code == 404
    file.refresh_from_db()
    assert file.state == FileState.FAILED


def test_the_files_of_a_conversation_are_shown_newest_first_a_page_at_a_time(
    cast: Cast, ana: Browser, number: Account, lia: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gallery, "SHOWN", 2)
    names = [f"{turn}.pdf" for turn in range(3)]
    for turn, name in enumerate(names):
        cast.write("Lía", account=number, external_id=f"f{turn}")
        message = Message.objects.get(external_id=f"f{turn}")
        attach(message, state=FileState.STORED, kind="document", mime="application/pdf", name=name, file="k")
    attach(lia.messages.get(external_id="wamid.1"), state=FileState.FAILED, name="lost.pdf")
    address = f"/inbox/{lia.pk}/files"
    assert ana.see(address).split() == ["2.pdf", "1.pdf", "Earlier", "files"]
    before = Message.objects.get(external_id="f1").pk
    assert ana.see(address, before=before) == "0.pdf"


def test_where_no_files_are_it_is_said_and_those_of_others_are_not_found(
    carla: Cast, ana: Browser, lia: Conversation
) -> None:
    assert ana.see(f"/inbox/{lia.pk}/files") == "No files here yet."
    assert Browser(carla.ana).get(f"/inbox/{lia.pk}/files").status_code == 404


def test_what_was_done_to_a_message_is_shown_newest_first(cast: Cast, ana: Browser, number: Account) -> None:
    conversation = cast.write("Lía", text="antes", account=number, external_id="a")
    cast.write("Lía", text="secreto", account=number, external_id="b")
    now = database_now()

    def do(target: str, kind: Kind, text: str, seconds: int) -> None:
        at = now + timedelta(seconds=seconds)
        name = f"{target}{kind}{seconds}"
        annotate([Annotation(number.pk, name, target, kind, ("visitor", "Lía"), text, at=at)])

    do("a", Kind.EDIT, "después", 2)
    do("a", Kind.EDIT, "en medio", 1)
    do("a", Kind.REACTION, "❤️", 1)
    do("a", Kind.REACTION, "👍", 2)
    do("b", Kind.UNSEND, "", 1)
    seen = ana.see(f"/inbox/{conversation.pk}")
    assert "después edited" in seen
    assert "👍" in seen
    assert "Deleted message" in seen
    for gone in ("antes", "en medio", "❤️"):
        assert gone not in seen, gone
    assert "secreto" not in words(ana.get(f"/inbox/{conversation.pk}").content.decode().partition('id="panel"')[0])


def test_a_quoted_message_is_led_to_and_one_that_is_gone_is_said_so(
    cast: Cast, ana: Browser, number: Account
) -> None:
    lia = cast.write("Lía", text="¿Hay café?", account=number, external_id="a")
    cast.write("Lía", text="Ese", account=number, reply_to="a")
    cast.write("Lía", text="Aquel", account=number, reply_to="nowhere")
    html = ana.get(f"/inbox/{lia.pk}").content.decode()
    assert f'data-jumps="m{lia.messages.get(external_id="a").pk}"' in html
    assert "A message that is not here" in words(html)


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("queued", "Waiting to be sent"), ("sent", "Sent"), ("delivered", "Delivered"), ("read", "Read"),
        ("played", "Played"), ("unknown", "Did it arrive? We do not know Try again"), ("failed", "Not sent"),
    ],
)  # fmt: skip
def test_how_far_a_message_has_come_is_said(
    cast: Cast, ana: Browser, lia: Conversation, state: str, said: str
) -> None:
    message = reply(cast, lia)
    Message.objects.filter(pk=message.pk).update(state=state, error={"code": 131026} if state == "failed" else None)
    seen = ana.see(f"/inbox/{lia.pk}")
    assert said in seen
    assert ("Try again" in seen) == (state in {"unknown", "failed"})
    assert ("WhatsApp could not deliver" in seen) == (state == "failed")


def test_what_was_written_on_the_phone_says_so(cast: Cast, ana: Browser, lia: Conversation) -> None:
    reply(cast, lia)
    Message.objects.filter(direction="out").update(author_kind="app", author=None)
    assert "From the phone app" in ana.see(f"/inbox/{lia.pk}")


@pytest.mark.parametrize("number_of", [1, 12])
def test_a_thread_of_files_and_answers_costs_the_same(
    cast: Cast, ana: Browser, lia: Conversation, number: Account, number_of: int, django_assert_max_num_queries: Any
) -> None:
    for turn in range(number_of):
        cast.write("Lía", account=number, external_id=f"a{turn}", reply_to="wamid.1")
        attach(Message.objects.get(external_id=f"a{turn}"), state=FileState.STORED)
        annotate([Annotation(number.pk, f"r{turn}", f"a{turn}", Kind.REACTION, ("v", "l"), "❤️", at=database_now())])
    with django_assert_max_num_queries(29):
        ana.page(f"/inbox/{lia.pk}")


# ---- what is sent


def upload(ana: Browser, conversation: Conversation) -> str:
    file = SimpleUploadedFile("nota.pdf", b"%PDF-1.4 hola", "application/pdf")
    answer = ana.post("/media/uploads", file=file, conversation=conversation.pk)
    assert answer.status_code == 201, answer.content
    return str(answer.json()["token"])


def test_files_go_along_with_a_message(ana: Browser, lia: Conversation) -> None:
    sending = {"text": "La cotización", "uploads": [upload(ana, lia)], "client_id": str(uuid4())}
    for _ in range(2):
        assert ana.post(f"/inbox/{lia.pk}/messages", **sending).status_code == 204
    message = outbound(lia)
    assert (message.kind, message.text) == ("document", "La cotización")
    assert message.attachments.get().name == "nota.pdf"
    assert Conversation.objects.get(pk=lia.pk).last_message_kind == "document"


def test_a_sticker_that_moves_goes_out_as_one_and_what_is_said_beside_it_apart(
    ana: Browser, lia: Conversation
) -> None:
    """WhatsApp has no caption for a sticker, and takes one that moves above what it takes of others."""
    content = remotes.moving(512, 512)
    heavy = content + b"\x00" * (200 * 1024 - len(content))
    answer = ana.post("/media/uploads", file=SimpleUploadedFile("hola.webp", heavy), conversation=lia.pk)
    token = answer.json()["token"]
    assert ana.post(f"/inbox/{lia.pk}/messages", text="Hola", uploads=[token]).status_code == 204
    sent = Message.objects.filter(conversation=lia, direction="out").order_by("pk")
    assert [(each.kind, each.text) for each in sent] == [("text", "Hola"), ("sticker", "")]
    assert Attachment.objects.get(message=sent[1]).kind == "sticker"


def test_a_file_alone_is_enough_and_goes_once(ana: Browser, lia: Conversation) -> None:
    token = upload(ana, lia)
    assert ana.post(f"/inbox/{lia.pk}/messages", uploads=[token]).status_code == 204
    again = ana.post(f"/inbox/{lia.pk}/messages", uploads=[token])
    assert again.status_code == 422
    assert "no longer here" in again.content.decode()
    assert Message.objects.filter(direction="out").count() == 1


def test_web_chat_takes_no_files(cast: Cast, ana: Browser) -> None:
    conversation = cast.write("Lía")
    assert "data-attaches" not in ana.get(f"/inbox/{conversation.pk}").content.decode()
    answer = ana.post(f"/inbox/{conversation.pk}/messages", uploads=[upload(ana, conversation)])
    assert answer.status_code == 422


def test_a_message_is_answered(ana: Browser, lia: Conversation) -> None:
    ana.post(f"/inbox/{lia.pk}/messages", text="Esa", reply_to=lia.messages.get().pk)
    assert outbound(lia).reply_to == "wamid.1"


def test_a_message_of_another_conversation_is_not_answered(cast: Cast, ana: Browser, lia: Conversation) -> None:
    other = cast.write("Mateo").messages.get().pk
    assert ana.post(f"/inbox/{lia.pk}/messages", text="Esa", reply_to=other).status_code == 422
    assert not lia.messages.filter(direction="out").exists()


def test_what_failed_is_sent_again(cast: Cast, ana: Browser, lia: Conversation) -> None:
    message = reply(cast, lia)
    Outgoing.objects.all().delete()
    Message.objects.filter(pk=message.pk).update(state=State.FAILED)
    assert ana.post(f"/inbox/{lia.pk}/messages/{message.pk}/again").status_code == 204
    assert outbound(lia).state == State.QUEUED
    assert "on its way already" in told(ana.post(f"/inbox/{lia.pk}/messages/{message.pk}/again"))


def test_what_may_have_arrived_is_asked_about_first(cast: Cast, ana: Browser, lia: Conversation) -> None:
    message = reply(cast, lia)
    Message.objects.filter(pk=message.pk).update(state=State.UNKNOWN)
    assert "the contact gets it twice" in ana.see(f"/inbox/{lia.pk}/messages/{message.pk}/again")


def test_the_time_to_write_freely_is_told(ana: Browser, lia: Conversation) -> None:
    assert "You can write freely 23 h" in ana.see(f"/inbox/{lia.pk}")


def test_too_late_only_a_template_goes(ana: Browser, late: Conversation, template: Template) -> None:
    assert "only an approved template may go now" in ana.see(f"/inbox/{late.pk}")
    assert "pedido_enviado" in ana.see(f"/inbox/{late.pk}/templates", q="pedido salió")
    assert "No approved template" in ana.see(f"/inbox/{late.pk}/templates", q="nada")
    address = f"/inbox/{late.pk}/templates/{template.pk}"
    assert "Hola Lía, tu pedido" in ana.see(f"{address}/preview", v0="Lía")
    assert "Fill this in." in words(ana.post(address, client_id=str(uuid4())).content.decode())
    sending = {"v0": "Lía", "client_id": str(uuid4())}
    for _ in range(2):
        assert ana.post(address, **sending).status_code == 204
    message = outbound(late)
    assert message.text == "Hola Lía, tu pedido salió"
    assert message.data["template"]["components"][0]["parameters"][0]["text"] == "Lía"


PNG = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")


@pytest.fixture
def with_picture(template: Template) -> Template:
    header = {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["https://x"]}}
    Template.objects.update(components=[header, *template.components])
    return template


def test_a_templates_header_is_handed_over_as_a_file(
    ana: Browser, late: Conversation, with_picture: Template
) -> None:
    address = f"/inbox/{late.pk}/templates/{with_picture.pk}"
    client_id = str(uuid4())
    for _ in range(2):
        picture = SimpleUploadedFile("ruta.png", PNG, "image/png")
        assert ana.post(address, v1="Lía", client_id=client_id, file=picture).status_code == 204
    message = outbound(late)
    assert (message.kind, message.attachments.get().name) == ("image", "ruta.png")
    assert [each["type"] for each in message.data["template"]["components"]] == ["body"]


def test_a_templates_header_may_still_be_an_address(ana: Browser, late: Conversation, with_picture: Template) -> None:
    address = f"/inbox/{late.pk}/templates/{with_picture.pk}"
    assert ana.post(address, v0="https://x.example/a.png", v1="Lía", client_id=str(uuid4())).status_code == 204
    header = outbound(late).data["template"]["components"][0]
    assert header["parameters"][0]["image"] == {"link": "https://x.example/a.png"}


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (None, "Choose a file, or write its address."),
        (("nota.pdf", b"%PDF-1.4 hola", "application/pdf"), "does not take files of this type"),
        (("vacio.png", b"", "image/png"), "The submitted file is empty."),
    ],
)
def test_a_header_that_cannot_go_is_refused_beside_its_field(
    ana: Browser, late: Conversation, with_picture: Template, file: tuple[str, bytes, str] | None, said: str
) -> None:
    chosen = {"file": SimpleUploadedFile(*file)} if file else {}
    typed = {"v1": "Lía", "client_id": str(uuid4()), **chosen}
    answer = ana.post(f"/inbox/{late.pk}/templates/{with_picture.pk}", **typed)
    assert answer.status_code == 422
    assert said in words(answer.content.decode())
    assert not late.messages.filter(direction="out").exists()


# ---- buttons and places


BUTTONS = {"text": "¿Cuál prefieres?", "b1": "La azul", "b2": "La roja"}


def test_buttons_go_below_a_text_once(ana: Browser, lia: Conversation) -> None:
    address = f"/inbox/{lia.pk}/buttons"
    assert "Up to 20 characters" in ana.see(address)
    sending = {**BUTTONS, "client_id": str(uuid4())}
    for _ in range(2):
        assert ana.post(address, **sending).status_code == 204
    message = outbound(lia)
    assert message.text == "¿Cuál prefieres?"
    assert message.data == {"buttons": [{"id": "b1", "title": "La azul"}, {"id": "b2", "title": "La roja"}]}


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"text": " "}, "Write something first."),
        ({"text": "x" * 1_025}, "This channel takes up to 1024 characters here."),
        ({"b1": "", "b2": ""}, "Write at least one button."),
        ({"b1": "\u200b", "b2": ""}, "Write at least one button."),
        ({"b1": "x" * 21}, "at most 20 characters"),
        ({"b2": "la AZUL"}, "Two buttons say the same."),
        ({"client_id": "x"}, "Message with buttons"),
    ],
)
def test_buttons_that_cannot_go_are_refused_beside_the_field(
    ana: Browser, lia: Conversation, typed: dict[str, str], said: str
) -> None:
    answer = ana.post(f"/inbox/{lia.pk}/buttons", **{**BUTTONS, "client_id": str(uuid4()), **typed})
    assert answer.status_code == 422
    assert said in words(answer.content.decode())
    assert not lia.messages.filter(direction="out").exists()


def test_messenger_has_more_buttons_and_no_places(cast: Cast, ana: Browser, number: Account) -> None:
    page = accounts.connect(cast.workspace, ChannelKey.MESSENGER, name="Página", external_id="5", app=number.app)
    conversation = cast.write("Lía", account=page, opens_window=True)
    assert "Button 13" in ana.see(f"/inbox/{conversation.pk}/buttons")
    assert ana.get(f"/inbox/{conversation.pk}/place").status_code == 404
    titles = {f"b{number}": f"Talla {number}" for number in range(1, 14)}
    sending = {"text": "¿Talla?", "client_id": str(uuid4()), **titles}
    assert ana.post(f"/inbox/{conversation.pk}/buttons", **sending).status_code == 204
    assert len(outbound(conversation).data["buttons"]) == 13


@pytest.mark.parametrize("what", ["buttons", "place"])
def test_web_chat_has_neither_buttons_nor_places(cast: Cast, carla: Cast, ana: Browser, what: str) -> None:
    conversation = cast.write("Lía")
    assert f"/{what}" not in ana.get(f"/inbox/{conversation.pk}").content.decode()
    assert ana.get(f"/inbox/{conversation.pk}/{what}").status_code == 404


@pytest.mark.parametrize("what", ["buttons", "place"])
def test_nothing_goes_to_a_conversation_of_another_workspace(carla: Cast, lia: Conversation, what: str) -> None:
    typed = {**BUTTONS, "point": "4.6, -74.1", "client_id": str(uuid4())}
    assert Browser(carla.ana).post(f"/inbox/{lia.pk}/{what}", **typed).status_code == 404


def test_too_late_neither_goes_and_says_why(ana: Browser, late: Conversation) -> None:
    for what, typed in (("buttons", BUTTONS), ("place", {"point": "4.6, -74.1"})):
        answer = ana.post(f"/inbox/{late.pk}/{what}", client_id=str(uuid4()), **typed)
        assert answer.status_code == 422
        assert "The time to write freely is over." in words(answer.content.decode())


def test_a_place_goes_once(ana: Browser, lia: Conversation) -> None:
    sending = {"point": "4.6533, -74.0836", "name": "El taller", "address": "Calle 10", "client_id": str(uuid4())}
    for _ in range(2):
        assert ana.post(f"/inbox/{lia.pk}/place", **sending).status_code == 204
    message = outbound(lia)
    place = {"latitude": 4.6533, "longitude": -74.0836, "name": "El taller", "address": "Calle 10"}
    assert (message.kind, message.text, message.data) == ("location", "El taller, Calle 10", {"location": place})
    assert "Open the map" in ana.see(f"/inbox/{lia.pk}")


@pytest.mark.parametrize(
    "told",
    [
        "4.6533, -74.0836",
        "4.6533 -74.0836",
        "https://www.google.com/maps/place/Taller/@4.7,-74.2,17z/data=!3m1!4b1!4m6!3d4.6533!4d-74.0836",
        "https://www.google.com/maps/@4.6533,-74.0836,17z",
        "https://maps.google.com/?q=4.6533,-74.0836",
        "https://www.google.com/maps/search/?api=1&query=4.6533%2C-74.0836",
        "https://www.openstreetmap.org/?mlat=4.6533&mlon=-74.0836#map=16/4.7/-74.2",
        "https://www.openstreetmap.org/#map=16/4.6533/-74.0836",
    ],
)
def test_a_point_is_found_in_what_is_copied_from_a_map(told: str) -> None:
    assert point(told) == (4.6533, -74.0836)


@pytest.mark.parametrize(
    "told", ["", "Calle 10", "https://maps.app.goo.gl/x", "91, 10", "10, 181", "4.6533", "1e5,2"]
)
def test_where_no_point_is_it_is_said(ana: Browser, lia: Conversation, told: str) -> None:
    assert point(told) is None
    answer = ana.post(f"/inbox/{lia.pk}/place", point=told, client_id=str(uuid4()))
    assert answer.status_code == 422
    assert answer.context["form"].errors["point"]


def test_a_template_of_another_line_or_not_approved_is_not_found(
    ana: Browser, late: Conversation, template: Template
) -> None:
    for change in ({"line": "8"}, {"line": "9", "status": "REJECTED"}):
        Template.objects.update(**change)
        assert ana.get(f"/inbox/{late.pk}/templates/{template.pk}").status_code == 404


def test_a_channel_without_templates_says_when_one_may_write(cast: Cast, ana: Browser, number: Account) -> None:
    page = accounts.connect(cast.workspace, ChannelKey.MESSENGER, name="Página", external_id="5", app=number.app)
    conversation = cast.write("Lía", account=page)
    assert "You can write again as soon as Lía does." in ana.see(f"/inbox/{conversation.pk}")
    assert registry.SENDERS["messenger"].has_templates is False


@pytest.mark.parametrize("place", ["templates", "templates/1", "templates/1/preview", "messages/1/again"])
def test_another_workspaces_is_not_found(carla: Cast, ana: Browser, place: str) -> None:
    assert ana.get(f"/inbox/{carla.write('Ajena').pk}/{place}").status_code == 404
