"""A whole workspace written into a file, and a fresh one made of it: no secret in it, nothing set off."""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import Max, Q
from django.test import Client

from bandeja.api import tokens
from bandeja.api.models import Scope as Scopes
from bandeja.attendance import assigning as assigns
from bandeja.attendance import replies
from bandeja.attendance.models import Way
from bandeja.channels import accounts
from bandeja.channels.models import Account, ChannelKey, Credential
from bandeja.cli import main
from bandeja.closing import calendars, coverage, sweep
from bandeja.closing.models import Coverage, Rule
from bandeja.conversations import contacts, events, fields, lifecycle, tags
from bandeja.conversations.actor import Actor
from bandeja.conversations.models import Attachment, Cause, Conversation, Event, Message, Outgoing, Tagging
from bandeja.conversations.scope import Scope
from bandeja.flows import dispatch as flows_dispatch
from bandeja.flows import flows
from bandeja.flows.models import Flow, Run, Version
from bandeja.flows.tests.conftest import start, step
from bandeja.hours.drafts import Draft as CalendarDraft
from bandeja.inbox import saved
from bandeja.inbox.filters import Filters
from bandeja.inbox.models import SavedView
from bandeja.media.models import ErasedFile
from bandeja.media.storage import new_key, storage
from bandeja.moving import pack, unpack
from bandeja.moving.kinds import KINDS
from bandeja.notifications import digest, gather
from bandeja.notifications.models import Digest, Notification, Preference
from bandeja.people import presence, teams
from bandeja.people.clock import database_now
from bandeja.people.models import ADMIN_PERMISSIONS, Agent, AuditEntry, Role, State, Workspace
from bandeja.quickreplies.models import QuickReply
from bandeja.webhooks import dispatch as webhooks_dispatch
from bandeja.webhooks import endpoints
from bandeja.webhooks.models import Delivery, Webhook
from tests.cast import Cast, make_cast

pytestmark = pytest.mark.django_db(transaction=True)

SECRETS = ("s3cret-of-ana", "token-of-the-line", "bdj_")


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> None:
    folder = {"BACKEND": "bandeja.media.folder.Folder", "OPTIONS": {"location": str(tmp_path / "media")}}
    settings.STORAGES = {**settings.STORAGES, "media": folder}


@pytest.fixture
def shop() -> Cast:
    """A workspace with something of everything."""
    shop = make_cast("Tienda", "ana@tienda.example", "bruno@tienda.example")
    shop.ana.set_password(SECRETS[0])
    shop.ana.save()
    line = accounts.connect(
        shop.workspace, ChannelKey.API, name="CRM", external_id="crm", token=SECRETS[1], by=shop.ana
    )
    tokens.make(shop.ana, name="CRM", scopes=Scopes, by=shop.ana)
    team = teams.save(shop.workspace, "Ventas", members=[shop.bruno.pk], leaders=[], by=shop.ana)
    by, scope = Actor.agent(shop.ana), Scope(shop.workspace.pk)
    first, second = shop.write("lia", "¿Tienen azul?", email="lia@correo.example"), shop.write("noa", account=line)
    shop.rule(amount=2, unit="hours", name="Ventas")
    shop.write("lia", "¿Hola?")
    lifecycle.snooze([first.pk], scope=scope, by=by)
    lifecycle.wake([first.pk], clock=coverage.clock, scope=scope, by=by)
    lifecycle.transfer([first.pk], lifecycle.To(shop.bruno.pk), scope=scope, by=by)
    lifecycle.close([second.pk], scope=scope, reason="Listo", cause=Cause.AGENT, by=by)
    calendars.save(
        shop.workspace, CalendarDraft("Tienda", "America/Bogota", [[(540, 1080)]] * 5 + [[], []]), by=shop.ana
    )
    tag = tags.make(shop.workspace.pk, "VIP", "red")
    tags.tag([first.pk], [tag.pk], scope=scope, by=by)
    city = fields.make(shop.workspace.pk, "Ciudad", "choice", ["Cali", "Bogotá"])
    contacts.edit(first.contact_id, {str(city.pk): "Cali", "phone": "+573001234567"}, seen={})
    contacts.note(first.contact, "Prefiere tarde", by=by)
    QuickReply.objects.create(workspace=shop.workspace, word="hola", text="Hola, {{contact.first_name}}")
    look = Filters(tag=str(tag.pk), owner=str(shop.bruno.pk), account=str(shop.chat.pk))
    saved.keep(shop.ana, look, name="De Bruno", shared=True)
    _flow(shop, tag.pk)
    events_told = ["conversation_closed"]
    endpoints.add(shop.workspace, name="CRM", url="https://crm.example/x", events=events_told, by=shop.ana)
    assigns.save(shop.chat, Way.ROUND_ROBIN, team_id=team.pk, by=shop.ana)
    _file(shop, first)
    while events.publish():
        pass
    return shop


def _flow(shop: Cast, tag: int) -> None:
    draft = {"start": start(accounts=[shop.chat.pk]), "steps": [step("a", "tag", tags=[tag])]}
    flow = flows.make(shop.workspace, "Saludo", draft, by=shop.ana)
    flows.publish(flow, by=shop.ana)
    flows.switch(flow, on=True, by=shop.ana)


def _file(shop: Cast, conversation: Conversation) -> Attachment:
    key = new_key(shop.workspace.pk, database_now())
    storage().keep(key, io.BytesIO(b"una foto"))
    message = Message.objects.filter(conversation=conversation).latest("pk")
    return Attachment.objects.create(
        message=message, workspace_id=shop.workspace.pk, account_id=message.account_id, name="foto.jpg",
        conversation_id=conversation.pk, kind="image", mime="image/jpeg", size=8, state="stored", file=key,
    )  # fmt: skip


@pytest.fixture
def export(tmp_path: Path) -> Callable[[Workspace, str], Path]:
    def write(workspace: Workspace, name: str = "uno.zip") -> Path:
        pack.export(workspace, tmp_path / name)
        return tmp_path / name

    return write


def make_room(shop: Cast) -> None:
    """As in another installation: its people's addresses are free."""
    for agent in Agent.objects.filter(workspace=shop.workspace):
        Agent.objects.filter(pk=agent.pk).update(email=f"antes-{agent.pk}@tienda.example")


def content(path: Path) -> dict[str, Any]:
    """What a file says, but for ids: each is told as which row of its kind it is."""
    with ZipFile(path) as archive:
        told: dict[str, Any] = {}
        numbers: dict[tuple[str, int], int] = {}
        for kind in KINDS:
            rows = [json.loads(line) for line in archive.read(f"{kind.name}.jsonl").splitlines()]
            told[kind.name] = rows
            if kind.has_own_key:
                numbers |= {(kind.name, row["id"]): place for place, row in enumerate(rows)}
        for kind in KINDS:
            for row in told[kind.name]:
                _by_place(row, kind, numbers)
        told["files"] = sorted(archive.read(each) for each in archive.namelist() if each.startswith("files/"))
    return told


def _by_place(row: dict[str, Any], kind: Any, numbers: dict[tuple[str, int], int]) -> None:
    for column, other in kind.references.items():
        row[column] = numbers.get((other, row.get(column) or 0))
    if kind.has_own_key:
        row["id"] = numbers[kind.name, row["id"]]
    for column in ("actor_id", "subject_id", "file", "thumb", "draft", "definition", "start", "query"):
        row.pop(column, None)
    if kind.name == "event":
        row["data"] = {key: value for key, value in row["data"].items() if not isinstance(value, int | list)}


def test_what_is_brought_in_says_the_same_but_for_ids(shop: Cast, export: Callable[..., Path]) -> None:
    file = export(shop.workspace)
    make_room(shop)
    brought = unpack.bring(file)
    assert brought.pk != shop.workspace.pk
    again = export(brought, "dos.zip")
    one, two = content(file), content(again)
    for kind in [*one, *two]:
        assert one[kind] == two[kind], kind
    empty = {kind for kind in one if not one[kind]}
    rare = {"presence", "notification_preference", "annotation", "waiting_tag", "merge_suggestion", "mention"}
    assert empty <= rare


def test_nothing_of_another_workspace_is_in_it(shop: Cast, export: Callable[..., Path]) -> None:
    other = make_cast("Otra", "carla@otra.example", "otro@otra.example")
    other.write("nadie", "Secreto de la otra")
    with ZipFile(export(shop.workspace)) as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist())
    assert b"Secreto de la otra" not in everything
    assert b"carla@otra.example" not in everything
    assert b"Tienda" in everything


def test_no_secret_is_in_it(shop: Cast, export: Callable[..., Path]) -> None:
    Agent.objects.filter(pk=shop.ana.pk).update(last_login=database_now())
    hidden = [
        *SECRETS,
        Agent.objects.get(pk=shop.ana.pk).password,
        Webhook.objects.get().secret,
        *Account.objects.exclude(token_hash="").values_list("token_hash", flat=True),
    ]
    with connection.cursor() as cursor:
        cursor.execute("select token from credential")
        hidden += [token for (token,) in cursor.fetchall()]
    assert Credential.objects.exists()
    with ZipFile(export(shop.workspace)) as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist())
    assert [each for each in hidden if each.encode() in everything] == []


def test_it_comes_back_with_nobodys_key_in_it(shop: Cast, export: Callable[..., Path]) -> None:
    file = export(shop.workspace)
    make_room(shop)
    brought = unpack.bring(file)
    ana = Agent.objects.get(email="ana@tienda.example")
    assert (ana.workspace, ana.has_usable_password(), ana.last_login, ana.role.key) == (brought, False, None, "admin")
    assert not Account.objects.filter(workspace=brought, disconnected_at=None).exists()
    assert not Flow.objects.filter(workspace=brought, active=True).exists()
    webhook = Webhook.objects.get(workspace=brought)
    assert webhook.disabled_at is not None
    assert webhook.secret not in {"", Webhook.objects.get(workspace=shop.workspace).secret}


def test_ids_within_what_was_written_for_machines_are_those_of_here(shop: Cast, export: Callable[..., Path]) -> None:
    file = export(shop.workspace)
    make_room(shop)
    brought = unpack.bring(file)
    tag, chat = brought.tags.get(), brought.accounts.get(name="Chat web")
    bruno = Agent.objects.get(email="bruno@tienda.example")
    version = Version.objects.get(flow__workspace=brought)
    assert version.start["told"]["accounts"] == [chat.pk]
    assert version.definition["steps"][0]["told"]["tags"] == [tag.pk]
    assert Flow.objects.get(workspace=brought).version == version
    view = SavedView.objects.get(workspace=brought)
    assert {f"tag={tag.pk}", f"owner={bruno.pk}", f"account={chat.pk}"} <= set(view.query.lstrip("?").split("&"))
    assigned = Event.objects.get(workspace_id=brought.pk, kind="conversation_assigned")
    ana = Agent.objects.get(email="ana@tienda.example")
    assert (assigned.data["after"], assigned.actor_id) == (bruno.pk, ana.pk)
    woken = Event.objects.get(workspace_id=brought.pk, kind="conversation_woken")
    assert woken.data == {"by": ana.pk}
    tagged = Event.objects.get(workspace_id=brought.pk, kind="conversation_tagged")
    assert tagged.data == {"tag": tag.pk}
    assert Tagging.objects.get(tag=tag).conversation.workspace_id == brought.pk
    made = AuditEntry.objects.filter(workspace_id=brought.pk, subject="rule").latest("pk")
    assert made.subject_id == Rule.objects.get(workspace=brought).pk


def test_what_was_deleted_before_is_nobodys_and_never_everybodys(shop: Cast, export: Callable[..., Path]) -> None:
    tag = shop.workspace.tags.get()
    flow = Flow.objects.get()
    flow.draft = {"start": start("conversation_tagged", tags=[tag.pk]), "steps": [step("a", "tag", tags=[tag.pk])]}
    flow.save()
    SavedView.objects.update(query=f"?tag={tag.pk}&owner=team-{2**40}&account={2**40}")
    tags.delete(tag)
    file = export(shop.workspace)
    make_room(shop)
    brought = unpack.bring(file)
    draft = Flow.objects.get(workspace=brought).draft
    assert (draft["start"]["told"]["tags"], draft["steps"][0]["told"]["tags"]) == ([0], [0])
    shown = saved.filters(SavedView.objects.get(workspace=brought))
    ana = Agent.objects.get(email="ana@tienda.example")
    for name in ("tag", "owner", "account"):
        assert getattr(shown, name)
        alone = Filters(state="all", **{name: getattr(shown, name)})
        assert not alone.apply(Conversation.objects.filter(workspace=brought), ana).exists()


def test_who_is_told_by_mail_is_told_again_when_it_is_next_due(shop: Cast, export: Callable[..., Path]) -> None:
    for agent, chosen in ((shop.ana, Digest.HOURLY), (shop.bruno, Digest.NEVER)):
        digest.schedule(Preference(agent=agent, digest=chosen), shop.workspace)
    file = export(shop.workspace)
    make_room(shop)
    mine = Preference.objects.filter(agent__workspace=unpack.bring(file))
    hourly, never = mine.get(digest=Digest.HOURLY), mine.get(digest=Digest.NEVER)
    assert hourly.digest_at is not None
    assert hourly.digest_at > database_now() + timedelta(minutes=55)
    assert never.digest_at is None


def test_an_administrator_may_all_there_is_here(shop: Cast, export: Callable[..., Path]) -> None:
    Role.objects.filter(pk=shop.ana.role_id).update(permissions=["see_all"])
    file = export(shop.workspace)
    make_room(shop)
    brought = unpack.bring(file)
    assert Role.objects.get(workspace=brought, key="admin").permissions == ADMIN_PERMISSIONS


def test_what_a_flow_wrote_elsewhere_is_no_repetition_here(shop: Cast, export: Callable[..., Path]) -> None:
    flows_, people = Message.objects.order_by("pk")[:2]
    Message.objects.filter(pk=flows_.pk).update(author_kind="flow", client_id=uuid4())
    Message.objects.filter(pk=people.pk).update(client_id=uuid4())
    file = export(shop.workspace)
    make_room(shop)
    mine = Message.objects.filter(workspace_id=unpack.bring(file).pk).exclude(client_id=None)
    assert mine.exclude(author_kind="flow").count() == mine.count() == 1


def test_bringing_it_in_sets_off_nothing(shop: Cast, export: Callable[..., Path]) -> None:
    presence.choose(shop.bruno, State.AWAY)
    presence.answer_with(shop.bruno, "Vuelvo luego")
    file = export(shop.workspace)
    make_room(shop)
    for loop in (webhooks_dispatch.step, flows_dispatch.step, gather.step, assigns.step, replies.step):
        for _turn in range(5):
            loop()
    shop.workspace.refresh_from_db()
    before = _effects()
    newest = Event.objects.aggregate(most=Max("number"))["most"]
    brought = unpack.bring(file)
    assert events.publish() == 0
    for loop in (webhooks_dispatch.step, flows_dispatch.step, gather.step, assigns.step, replies.step):
        for _turn in range(5):
            loop()
    assert _effects() == before
    mine = Event.objects.filter(workspace_id=brought.pk)
    assert mine.exists()
    assert not mine.filter(Q(number=None) | Q(number__gte=0)).exists()
    assert Event.objects.aggregate(most=Max("number"))["most"] == newest


def _effects() -> list[int]:
    return [each.objects.count() for each in (Run, Delivery, Notification, Outgoing)]


def test_no_clock_runs_and_nothing_closes(shop: Cast, export: Callable[..., Path]) -> None:
    armed = Conversation.objects.exclude(armed_at=None)
    assert armed.exists()
    file = export(shop.workspace)
    make_room(shop)
    brought = unpack.bring(file)
    mine = Conversation.objects.filter(workspace=brought)
    assert not mine.exclude(armed_at=None, look_at=None).exists()
    rule = Rule.objects.get(workspace=brought)
    assert rule.active
    since = Coverage.objects.get(rule=rule).covered_since
    assert since is not None
    assert since > shop.workspace.created_at
    chat = brought.accounts.get(name="Chat web")
    assert chat.pk not in coverage.clocks(brought.pk)
    accounts.disconnect(shop.chat)
    accounts.connect(brought, ChannelKey.WEBCHAT, name="Chat web", external_id=chat.external_id)
    assert coverage.clocks(brought.pk)[chat.pk].begins > since
    statuses = list(mine.order_by("pk").values_list("status", flat=True))
    while sweep.step().count:
        pass
    assert list(mine.order_by("pk").values_list("status", flat=True)) == statuses


def test_what_waited_to_be_sent_is_not_sent_from_here(shop: Cast, export: Callable[..., Path]) -> None:
    message = Message.objects.filter(workspace_id=shop.workspace.pk).latest("pk")
    Message.objects.filter(pk=message.pk).update(state="queued", direction="out")
    file = export(shop.workspace)
    make_room(shop)
    brought = unpack.bring(file)
    assert Message.objects.filter(workspace_id=brought.pk, state="unknown").count() == 1
    assert not Outgoing.objects.exists()


def test_files_come_along_and_belong_to_their_messages(shop: Cast, export: Callable[..., Path]) -> None:
    file = export(shop.workspace)
    make_room(shop)
    brought = unpack.bring(file)
    attachment = Attachment.objects.get(workspace_id=brought.pk)
    with storage().open(attachment.file) as kept:
        assert kept.read() == b"una foto"
    assert attachment.file != Attachment.objects.get(workspace_id=shop.workspace.pk).file
    assert not ErasedFile.objects.exists()


def test_a_picture_whose_thumbnail_alone_is_gone_comes_along(shop: Cast, export: Callable[..., Path]) -> None:
    attachment = Attachment.objects.get()
    Attachment.objects.filter(pk=attachment.pk).update(thumb=f"{attachment.file}.thumb")
    file = export(shop.workspace)
    make_room(shop)
    brought = Attachment.objects.get(workspace_id=unpack.bring(file).pk)
    assert (brought.state, bool(brought.file), brought.thumb) == ("stored", True, "")


def test_a_file_that_no_message_names_is_erased(shop: Cast, export: Callable[..., Path]) -> None:
    file = export(shop.workspace)
    make_room(shop)
    with ZipFile(file) as archive:
        files = json.loads(archive.read("manifest.json"))["files"]
        photo = archive.read(next(iter(files)))
    told = manifest_of(file, files={**files, "files/0": next(iter(files.values()))})
    other = spoilt(file, **{"manifest.json": told})
    with ZipFile(other, "a") as archive:
        archive.writestr("files/0", photo)
    brought = Attachment.objects.get(workspace_id=unpack.bring(other).pk)
    assert ErasedFile.objects.get().file != brought.file


def test_a_file_that_is_gone_comes_back_as_lost(shop: Cast, export: Callable[..., Path]) -> None:
    storage().delete(Attachment.objects.get().file)
    file = export(shop.workspace)
    make_room(shop)
    attachment = Attachment.objects.get(workspace_id=unpack.bring(file).pk)
    assert (attachment.state, attachment.file) == ("failed", "")


def spoilt(path: Path, **changed: bytes | None) -> Path:
    """The same file with parts of it changed, or left out."""
    other = path.with_name("roto.zip")
    with ZipFile(path) as archive, ZipFile(other, "w", ZIP_DEFLATED) as into:
        for name in archive.namelist():
            said = changed.get(name, archive.read(name))
            if said is not None:
                into.writestr(name, said)
    return other


def manifest_of(path: Path, **changed: Any) -> bytes:
    with ZipFile(path) as archive:
        return json.dumps({**json.loads(archive.read("manifest.json")), **changed}).encode()


def assert_refused(path: Path, sentence: str) -> None:
    before = [Workspace.objects.count(), Agent.objects.count(), Message.objects.count()]
    with pytest.raises(unpack.Unfit, match=sentence):
        unpack.bring(path)
    assert [Workspace.objects.count(), Agent.objects.count(), Message.objects.count()] == before


def test_a_file_that_is_not_what_it_was_is_refused_whole(shop: Cast, export: Callable[..., Path]) -> None:
    file = export(shop.workspace)
    make_room(shop)
    with ZipFile(file) as archive:
        messages = archive.read("message.jsonl")
    photo = f"files/{Attachment.objects.get().pk}"
    assert_refused(spoilt(file, **{"message.jsonl": messages.replace(b"azul", b"rojo")}), "message.jsonl .* damaged")
    assert_refused(spoilt(file, **{"message.jsonl": None}), "message.jsonl is missing")
    assert_refused(spoilt(file, **{"contact.jsonl": b"no es JSON\n"}), "does not hold together")
    assert_refused(spoilt(file, **{photo: b"otra foto"}), f"{photo} .* damaged")
    assert_refused(spoilt(file, **{photo: None}), f"{photo} is missing")
    assert not Attachment.objects.exclude(workspace_id=shop.workspace.pk).exists()
    assert ErasedFile.objects.exists()


def test_what_is_no_file_of_a_workspace_is_refused(shop: Cast, export: Callable[..., Path], tmp_path: Path) -> None:
    file = export(shop.workspace)
    make_room(shop)
    (tmp_path / "texto.zip").write_text("hola")
    assert_refused(tmp_path / "texto.zip", "no file of a workspace")
    file.with_name("medio.zip").write_bytes(file.read_bytes()[:-40])
    assert_refused(file.with_name("medio.zip"), "no file of a workspace, or was damaged")
    assert_refused(spoilt(file, **{"manifest.json": None}), "it has no manifest")
    assert_refused(spoilt(file, **{"manifest.json": b"{}"}), "its manifest cannot be read")
    newer = manifest_of(file, version=2)
    assert_refused(spoilt(file, **{"manifest.json": newer}), "of version 2 and this Bandeja reads version 1")
    strange = manifest_of(file, format="otra cosa")
    assert_refused(spoilt(file, **{"manifest.json": strange}), "says otherwise")


def test_a_file_whose_sums_are_right_and_that_is_wrong_within_is_refused(
    shop: Cast, export: Callable[..., Path]
) -> None:
    file = export(shop.workspace)
    make_room(shop)
    with ZipFile(file) as archive:
        kinds = json.loads(archive.read("manifest.json"))["kinds"]
        flow = json.loads(archive.read("flow.jsonl"))
    deep = json.dumps({**flow, "draft": None}).replace("null", "[" * 20_000 + "]" * 20_000, 1)
    for name, line in {
        "contact": b'{"id": 1, "name": "\xff"}\n',
        "flow": b'{"id": 1}\n',
        "flow_version": f"{deep}\n".encode(),
    }.items():
        part = {**kinds[name], "rows": 1, "sha256": hashlib.sha256(line).hexdigest()}
        told = manifest_of(file, kinds={**kinds, name: part})
        assert_refused(spoilt(file, **{"manifest.json": told, f"{name}.jsonl": line}), "does not hold together")
    del kinds["workspace"]
    assert_refused(spoilt(file, **{"manifest.json": manifest_of(file, kinds=kinds)}), "it has none, or several")


def test_people_who_are_here_already_are_not_made_twice(shop: Cast, export: Callable[..., Path]) -> None:
    assert_refused(export(shop.workspace), "ana@tienda.example, bruno@tienda.example are of people")


def test_what_fails_half_way_leaves_nothing(
    shop: Cast, export: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = export(shop.workspace)
    make_room(shop)
    before = [Workspace.objects.count(), Message.objects.count(), Agent.objects.count()]

    def dies() -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(unpack, "_finish", dies)
        with pytest.raises(KeyboardInterrupt):
            unpack.bring(file)
    assert [Workspace.objects.count(), Message.objects.count(), Agent.objects.count()] == before
    kept = ErasedFile.objects.get()
    assert kept.erased_at > database_now() + timedelta(hours=23)
    assert unpack.bring(file).pk


def test_an_export_is_one_instant_and_never_writes_over_anything(
    shop: Cast, export: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = export(shop.workspace)
    with pytest.raises(pack.Exists):
        pack.export(shop.workspace, file)
    with monkeypatch.context() as patch:
        patch.setattr(pack, "_write", lambda *_given: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            pack.export(shop.workspace, tmp_path / "otro.zip")
    assert sorted(each.name for each in tmp_path.iterdir() if each.is_file()) == ["uno.zip"]
    assert file.stat().st_mode & 0o777 == 0o600


def test_an_export_needs_no_links_of_the_file_system(
    shop: Cast, export: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_given: object, **_told: object) -> None:
        raise PermissionError("Operation not permitted")

    monkeypatch.setattr(os, "link", refuses)
    assert export(shop.workspace).exists()


def test_the_commands_say_what_they_did(shop: Cast, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(tmp_path / "tienda.zip")
    assert main(["export", file]) == 0
    assert "Tienda: " in capsys.readouterr().out
    assert main(["export", file]) == 1
    assert "is there already" in capsys.readouterr().err
    assert main(["import", file]) == 1
    assert "people in this installation" in capsys.readouterr().err
    make_room(shop)
    assert main(["import", file]) == 0
    assert "ana@tienda.example" in capsys.readouterr().out
    assert main(["import", str(tmp_path / "nada.zip")]) == 1
    assert main(["export", str(tmp_path / "x.zip"), "--workspace", "Nadie"]) == 1


def test_every_table_of_a_workspace_is_carried_or_left_on_purpose() -> None:
    """A new table is carried, or named here with the others that stay behind."""
    ours = (each for each in apps.get_models() if each.__module__.startswith("bandeja."))
    tables = {each._meta.db_table for each in ours}
    carried = {kind.name for kind in KINDS}
    assert tables - carried == LEFT


LEFT = {
    "api_answered", "api_token", "auto_assignment_cursor", "away_reply", "bulk", "bulk_batch", "connection",
    "contact_import", "contact_import_row", "credential", "erased_file", "erasure", "farewell", "flow_cursor",
    "flow_run", "flow_taken", "flow_turn", "health", "inclusion", "inclusion_batch", "meta_app", "notification",
    "notification_device", "notification_reader", "outgoing", "pause", "receipt", "setback", "sweeping", "template",
    "upload", "warning", "webhook_attempt", "webhook_cursor", "webhook_delivery", "webhook_message",
}  # fmt: skip
"""Secrets, what is under way, and what channels tell again."""


def test_the_page_of_what_was_brought_in_is_read_like_any_other(shop: Cast, export: Callable[..., Path]) -> None:
    file = export(shop.workspace)
    make_room(shop)
    brought = unpack.bring(file)
    ana = Client()
    ana.force_login(Agent.objects.get(email="ana@tienda.example"))
    thread = Conversation.objects.get(workspace=brought, contact__email="lia@correo.example")
    assert "¿Tienen azul?" in ana.get(f"/inbox/{thread.pk}").content.decode()
