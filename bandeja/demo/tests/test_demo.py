"""The demo: what it leaves keeps every promise of closing.md, and nobody's own data is touched."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import Count, Q
from django.test import Client

from bandeja import cli
from bandeja.channels.meta import health
from bandeja.channels.models import Account, ChannelKey, Health
from bandeja.closing import coverage, rules, sweep
from bandeja.closing.models import Coverage, Rule
from bandeja.conversations import tags
from bandeja.conversations.models import (
    Cause,
    Closure,
    Contact,
    ContactValue,
    Conversation,
    Direction,
    Event,
    Message,
    Status,
    Tag,
)
from bandeja.demo import dialogues, make, words
from bandeja.people.models import Agent, Workspace
from bandeja.quickreplies.models import QuickReply
from bandeja.quickreplies.variables import unknown
from tests.cast import Cast
from tests.clock import Clock

pytestmark = pytest.mark.django_db

WRONGS = {
    "a closing by rule before its time": """
        select count(*) from closure where cause = 'rule'
        and (closed_at < deadline or deadline < armed_at + make_interval(hours => rule_amount))""",
    "a closing by rule on somebody who had written in time": """
        select count(*) from closure join message using (conversation_id)
        where cause = 'rule' and message.counts
          and message.received_at > closure.armed_at and message.received_at <= closure.deadline""",
    "a closing by rule that no message armed": """
        select count(*) from closure where cause = 'rule' and not exists (
            select from message where message.conversation_id = closure.conversation_id
            and message.counts and message.received_at = closure.armed_at)""",
    "a closing without exactly one event": """
        select count(*) from closure where 1 <> (select count(*) from event where closure_id = closure.id)""",
    "openings and closings that do not alternate": """
        select count(*) from (
            select kind, lag(kind) over (partition by conversation_id order by at, id) as before from event
            where kind in ('conversation_opened', 'conversation_reopened', 'conversation_closed')
        ) as told
        where (kind = 'conversation_closed') = (coalesce(before, 'conversation_closed') = 'conversation_closed')""",
    "a state that is not what was told last": """
        select count(*) from conversation where (status = 'closed') <> (
            select kind = 'conversation_closed' from event
            where conversation_id = conversation.id
              and kind in ('conversation_opened', 'conversation_reopened', 'conversation_closed')
            order by at desc, id desc limit 1)""",
    "an owner who is not the one told last": """
        select count(*) from conversation where owner_id is distinct from (
            select (data->>'after')::bigint from event
            where conversation_id = conversation.id and kind = 'conversation_assigned'
            order by at desc, id desc limit 1)""",
    "more unread than was written since somebody read it": """
        select count(*) from conversation where unread > (
            select count(*) from message where conversation_id = conversation.id and counts and at > coalesce((
                select max(at) from message where conversation_id = conversation.id and direction = 'out'
            ), '-infinity'))""",
    "a last message that is not the last": """
        select count(*) from conversation where (last_message_at, last_message_direction, last_message_text) <> (
            select at, direction, left(text, 200) from message
            where conversation_id = conversation.id and direction <> 'note' order by at desc, id desc limit 1)""",
    "a last inbound that is not the last": """
        select count(*) from conversation where last_inbound_id <> (
            select max(id) from message where conversation_id = conversation.id and counts)""",
    "a blank left open": "select count(*) from message where text ~ '[{}|]' or text !~ '\\S'",
    "something of another time": """
        select count(*) from message where at > bandeja_now() or at < bandeja_now() - interval '367 days'""",
    "a marker from the future": "select count(*) from event where at > bandeja_now()",
}  # fmt: skip


def wrongs() -> dict[str, int]:
    found = {}
    with connection.cursor() as cursor:
        for what, query in WRONGS.items():
            cursor.execute(query)
            found[what] = cursor.fetchone()[0]
    return {what: count for what, count in found.items() if count}


@pytest.fixture
def loaded(cast: Cast) -> Cast:
    make.load(cast.workspace)
    return cast


def test_it_keeps_the_invariants_of_closing(loaded: Cast) -> None:
    assert wrongs() == {}
    assert not Closure.objects.filter(reason__regex=r"^\s*$").exists()


def test_it_is_a_believable_year_and_takes_seconds(cast: Cast) -> None:
    begin = time.monotonic()
    make.load(cast.workspace)
    assert time.monotonic() - begin < 10
    states = Conversation.objects.aggregate(
        all=Count("pk"),
        open=Count("pk", filter=Q(status=Status.OPEN)),
        unread=Count("pk", filter=Q(status=Status.OPEN, unread__gt=0)),
        owned=Count("pk", filter=Q(status=Status.OPEN, owner__isnull=False)),
        mine=Count("pk", filter=Q(status=Status.OPEN, owner=cast.ana)),
    )
    assert 380 <= states["all"] <= 420
    assert 40 <= states["open"] <= 130
    assert 8 <= states["unread"] < states["open"]
    assert 5 <= states["mine"] < states["owned"] < states["open"]
    assert 2_500 <= Message.objects.count() <= 3_500
    causes = set(Closure.objects.values_list("cause", flat=True))
    assert causes == {Cause.AGENT, Cause.BULK, Cause.RULE}


def test_the_shop_has_words_of_its_own(cast: Cast) -> None:
    """Tags that fit what was written, a field filled in here and there, quick replies; what was there stays."""
    tags.make(cast.workspace.pk, "Envío")
    QuickReply.objects.create(workspace=cast.workspace, word="horario", text="Siempre")
    make.load(cast.workspace)
    shown = Conversation.objects.filter(status=Status.OPEN)
    tagged = shown.filter(taggings__isnull=False).distinct()
    assert 0.03 < tagged.count() / shown.count() < 0.7  # by the hour, other ones are open
    assert not Tag.objects.get(name="Envío").taggings.exists()
    known = ContactValue.objects.filter(field__name="Talla").count()
    assert 0.2 < known / Contact.objects.count() < 0.4
    assert QuickReply.objects.get(word="horario").text == "Siempre"
    assert QuickReply.objects.filter(agent=None).count() == len(words.REPLIES)
    assert not [reply for reply in QuickReply.objects.all() if unknown(reply.text)]


def test_it_is_the_same_every_time(clock: Clock, cast: Cast, carla: Cast) -> None:
    clock.set(clock.now())
    make.load(cast.workspace)
    make.load(carla.workspace)
    said = [
        list(Message.objects.filter(workspace_id=shop.workspace.pk).order_by("at", "pk").values_list("at", "text"))
        for shop in (cast, carla)
    ]
    assert said[0] == said[1]


def test_nothing_closes_after_loading_until_a_day_has_passed(clock: Clock, cast: Cast) -> None:
    clock.set(clock.now())
    make.load(cast.workspace)
    assert sweep.sweep().count == 0
    clock.advance(hours=23, minutes=59)
    assert sweep.sweep().count == 0
    clock.advance(minutes=2)
    assert sweep.sweep().closed == 3, "what was arriving on the API account as it was loaded"


def test_its_lines_are_not_looked_at_before_the_stand_in_knows_them(clock: Clock, cast: Cast) -> None:
    """The first thing a newcomer sees must not be that three accounts need them."""
    clock.set(clock.now())
    make.load(cast.workspace)
    assert health.step() == 0
    clock.advance(minutes=5)
    assert Health.objects.filter(look_at__lte=clock.now()).count() == 3


def test_the_rule_covers_the_api_account_and_leaves_the_web_chat_to_the_newcomer(loaded: Cast) -> None:
    rule = Rule.objects.get()
    assert (rule.amount, rule.unit, rule.active) == (24, "hours", True)
    assert Coverage.objects.get().account.channel == ChannelKey.API
    draft = rules.Draft("", 1, "minutes", "Sin respuesta del contacto", [loaded.chat.pk])
    rules.save(loaded.workspace, draft, by=loaded.ana)
    assert sweep.sweep().count == 0


def test_it_uses_the_web_chat_there_is(loaded: Cast) -> None:
    assert Account.objects.filter(channel=ChannelKey.WEBCHAT).get() == loaded.chat
    assert Conversation.objects.filter(account=loaded.chat).count() > 200


def test_nobody_can_sign_in_as_a_colleague(loaded: Cast) -> None:
    colleagues = Agent.objects.exclude(pk__in=[loaded.ana.pk, loaded.bruno.pk])
    assert colleagues.count() == 6
    assert all(not one.has_usable_password() and one.email.endswith(".invalid") for one in colleagues)
    assert {one.role.key for one in colleagues} == {"seller"}


def test_a_second_time_is_refused_and_changes_nothing(loaded: Cast) -> None:
    def counted() -> list[int]:
        return [model.objects.count() for model in (Conversation, Message, Event, Agent, Account, Rule, Contact)]

    before = counted()
    with pytest.raises(make.Refused):
        make.load(loaded.workspace)
    assert counted() == before


def test_a_workspace_with_a_conversation_of_its_own_is_left_alone(cast: Cast) -> None:
    mine = cast.write("lia", "Hola de verdad")
    with pytest.raises(make.Refused):
        make.load(cast.workspace)
    assert Conversation.objects.get() == mine
    assert Agent.objects.count() == 2


def test_another_workspace_is_not_touched(cast: Cast, carla: Cast) -> None:
    mine = carla.write("lia", "Hola")
    make.load(cast.workspace)
    assert Conversation.objects.get(workspace=carla.workspace) == mine
    assert Agent.objects.filter(workspace=carla.workspace).count() == 2
    assert not Rule.objects.filter(workspace=carla.workspace).exists()


def test_a_workspace_without_the_plan_is_refused(cast: Cast) -> None:
    coverage.entitle(cast.workspace, plan="basic", addons=[])
    with pytest.raises(make.Refused):
        make.load(cast.workspace)
    assert not Account.objects.filter(channel=ChannelKey.API).exists()


def test_the_command_loads_it_once_and_says_so(cast: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["demo"]) == 0
    assert str(Conversation.objects.count()) in capsys.readouterr().out
    assert cli.main(["demo"]) == 0
    assert Agent.objects.count() == 8


def test_the_command_says_when_there_is_no_workspace(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["demo"]) == 0
    assert capsys.readouterr().out.strip()
    assert not Workspace.objects.exists()


def browser(agent: Agent) -> Client:
    Agent.objects.filter(pk=agent.pk).update(language="en")
    client = Client()
    client.force_login(agent)
    return client


def test_an_administrator_is_offered_it_in_an_empty_inbox_only(cast: Cast) -> None:
    ana = browser(cast.ana)
    assert 'action="/demo"' in ana.get("/inbox").content.decode()
    answer = ana.post("/demo", follow=True)
    assert "made-up conversations" in answer.content.decode()
    assert Conversation.objects.count() > 300
    assert 'action="/demo"' not in ana.get("/inbox?q=nobody-by-this-name").content.decode()


def test_a_seller_is_neither_offered_it_nor_allowed(cast: Cast) -> None:
    bruno = browser(cast.bruno)
    assert 'action="/demo"' not in bruno.get("/inbox").content.decode()
    assert bruno.post("/demo").status_code == 403
    assert not Conversation.objects.exists()


def test_asking_again_by_its_address_says_why_not(loaded: Cast) -> None:
    before = Message.objects.count()
    answer = browser(loaded.ana).post("/demo", follow=True)
    assert "nothing was added" in answer.content.decode()
    assert Message.objects.count() == before


def test_it_needs_somebody_signed_in_and_a_post(cast: Cast) -> None:
    assert Client().post("/demo").status_code == 302
    assert browser(cast.ana).get("/demo").status_code == 405
    assert not Conversation.objects.exists()


def test_every_dialogue_begins_with_the_contact_and_ends_as_it_says() -> None:
    for dialogue in dialogues.read():
        assert dialogue.lines[0].side == dialogues.CONTACT
        assert dialogue.ending in dialogues.ENDINGS
        assert bool(dialogue.reason) == (dialogue.ending == "cerrada")
        sides = {line.side for line in dialogue.lines}
        assert (dialogues.TEAM in sides) == (dialogue.ending != "sin respuesta")
    assert len(dialogues.read()) > 35


def test_notes_are_never_the_last_message_of_the_list(loaded: Cast) -> None:
    assert Message.objects.filter(direction=Direction.NOTE).exists()
    assert not Conversation.objects.filter(last_message_direction=Direction.NOTE).exists()


def test_the_shop_answers_while_it_is_open(loaded: Cast) -> None:
    inside = """select avg((extract(hour from at at time zone %s) between 9 and 18)::integer)
                from message where direction = 'out' and at < bandeja_now() - interval '2 days'"""
    with connection.cursor() as cursor:
        cursor.execute(inside, [loaded.workspace.time_zone])
        assert cursor.fetchone()[0] > 0.97
    assert Message.objects.filter(counts=True, received_at__lt=Clock().now() - timedelta(days=340)).exists()
