"""Random histories, run against PostgreSQL and against the model of closing.md: they must agree after every step."""

from __future__ import annotations

import json
import os
from collections import Counter
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection, transaction
from django.db.models import F
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bandeja.bulk import asking
from bandeja.channels import accounts as account_verbs
from bandeja.channels.api.channel import EXTERNAL
from bandeja.channels.contract import Inbound
from bandeja.channels.models import ChannelKey, Health, Receipt
from bandeja.closing import (
    calendars,
    coverage,
    farewells,
    including,
    inclusions,
    pauses,
    rules,
    standing,
    sweep,
    warnings,
    withholding,
)
from bandeja.closing.clocks import clocks, cover_of
from bandeja.closing.courtesy import Before, Courtesy
from bandeja.closing.deadline import deadline
from bandeja.closing.models import UNDO_FOR, Coverage, Inclusion, Unit
from bandeja.closing.options import Options
from bandeja.closing.standing import Standing
from bandeja.closing.tests.model import HOURS, World
from bandeja.closing.tests.model import Account as ModelAccount
from bandeja.closing.tests.model import Inclusion as ModelInclusion
from bandeja.closing.tests.model import Options as ModelOptions
from bandeja.closing.tests.model import Receipt as ModelReceipt
from bandeja.closing.why import explain
from bandeja.conversations import lifecycle, tags
from bandeja.conversations.actor import Actor
from bandeja.conversations.models import (
    ActorKind,
    Cause,
    Closure,
    Contact,
    Conversation,
    Direction,
    Event,
    EventKind,
    Message,
)
from bandeja.conversations.scope import Scope
from bandeja.hours import writing
from bandeja.hours.drafts import Draft as CalendarDraft
from bandeja.hours.models import Calendar
from bandeja.inbox import explained
from bandeja.inbox.ways import WAYS
from bandeja.intake import drain
from bandeja.people import links
from tests.clock import Clock

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
LONG = "BANDEJA_TEST_ALL" in os.environ
CONTACTS = st.sampled_from(["lia", "teo", "sol"])
WHICH = st.integers(0, 2)
TIMES = st.sampled_from([(1, "minutes"), (2, "minutes"), (3, "minutes"), (1, "hours")])
REASONS = st.sampled_from(["Sin respuesta", "No contestó", "Se enfrió"])
ACCOUNTS = st.sets(WHICH, min_size=1, max_size=3)
PLAIN = ("contact", "close", False, False, False, None)
OPTIONS = st.one_of(
    st.just(PLAIN),
    st.tuples(
        st.sampled_from(["contact", "either", "answer"]), st.sampled_from(["close", "tell", "free"]), st.booleans(),
        st.booleans(), st.booleans(), st.one_of(st.none(), TIMES),
    ),
)  # fmt: skip
"""What a rule's time counts from, what it does with who waits, whether it spares the tagged, and what Bruno has,
whether its time counts only in the hours of the calendar, and its time for what we began and nobody answered.
"""
Chosen = tuple[str, str, bool, bool, bool, tuple[int, str] | None]
WARNS = (Before(2, Unit.MINUTES), Before(1, Unit.MINUTES))
ASKS, BYE = {"es": "¿Sigues ahí? Quedan {{tiempo}}."}, {"es": "Hasta pronto."}
"""Every rule of these histories warns as often as its time allows, and says good-bye: nothing else changes by it."""


class Histories(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.stack.enter_context(transaction.atomic())
        self.stack.callback(transaction.set_rollback, True)
        self.stack.enter_context(patch.object(inclusions, "BATCH", 2))
        for span, days in (("BACK", 2), ("AHEAD", 3), ("STEP", 1)):
            self.stack.enter_context(patch.object(writing, span, timedelta(days=days)))
        self.clock = Clock()
        self.numbers = 0
        self.told = 0
        self.external_ids: list[tuple[int, str, str]] = []
        self.faulty: set[int] = set()

    @initialize()
    def begin(self) -> None:
        self.clock.set(START)
        self.world = World(START)
        self.workspace = links.make_workspace("Tienda")
        self.ana = links.make_agent(self.workspace, "ana@tienda.example", role="admin")
        self.bruno = links.make_agent(self.workspace, "bruno@tienda.example")
        self.accounts = [account_verbs.connect(self.workspace, ChannelKey.API, name=f"Línea {n}") for n in range(3)]
        for account in self.accounts:
            self.world.accounts[account.pk] = ModelAccount(START, connections=[(START, None)])
        self.scope, self.by = Scope.of(self.ana), Actor.agent(self.ana)
        # Most of closing.md speaks of covered accounts: begin with two, so that histories are about them.
        self.tag = tags.make(self.workspace.pk, "vip")
        self.calendar = self._save_hours(None)
        self._save(None, {0, 1}, (2, "minutes"), "Sin respuesta")

    def teardown(self) -> None:
        self.clock.reset()
        self.stack.close()

    # Time

    @rule(seconds=st.sampled_from([0, 1, 20, 59, 60, 61, 120, 180, 3600, 4000]))
    def time_passes(self, seconds: int) -> None:
        self.world.now = self.clock.advance(seconds=seconds)

    def _tick(self) -> None:
        """No two changes of cover share an instant: each is stamped alone behind its gates."""
        self.world.now = self.clock.advance(microseconds=1)

    # Contacts

    def _store(self, account: int, who: str, external_id: str, kind: str, sent_at: datetime | None) -> None:
        pk = self.accounts[account].pk
        body: dict[str, Any] = {"external_id": external_id, "contact": {"id": who}, "text": "Hola", "kind": kind}
        if sent_at:
            body["sent_at"] = sent_at.isoformat()
        Receipt.objects.create(account_id=pk, channel="api", body=json.dumps(body).encode())
        self.world.receipts.append(
            ModelReceipt(external_id, pk, who, self.world.now, counts=kind in {"text", "image", "unsupported"})
        )

    @rule(account=WHICH, who=CONTACTS, drained=st.sampled_from([True, True, False]), late=st.integers(0, 7200))
    def a_contact_writes(self, account: int, who: str, drained: bool, late: int) -> None:
        if self.world.accounts[self.accounts[account].pk].connected_at is None:
            return
        self.numbers += 1
        self.external_ids.append((account, who, f"m{self.numbers}"))
        self._store(account, who, f"m{self.numbers}", "text", self.world.now - timedelta(seconds=late))
        if drained:
            self.the_drain_runs()

    def _armed(self, which: int) -> tuple[int, str, datetime] | None:
        ahead = sorted(
            (instant, account_id, who)
            for (account_id, who), conversation in self.world.conversations.items()
            if (instant := self.world.deadline(conversation)) and instant > self.world.now
        )
        if not ahead:
            return None
        instant, account_id, who = ahead[which % len(ahead)]
        return [account.pk for account in self.accounts].index(account_id), who, instant

    @rule(which=st.integers(0, 8), before=st.integers(0, 2), after=st.integers(0, 2), swept=st.booleans())
    def a_message_waits_at_the_deadline(self, which: int, before: int, after: int, swept: bool) -> None:
        """Stored just before a clock runs out, joined only after: it wins (closing C8)."""
        if (armed := self._armed(which)) is None:
            return
        account, who, instant = armed
        self.world.now = self.clock.set(max(self.world.now, instant - timedelta(seconds=before)))
        self.a_contact_writes(account, who, drained=False, late=0)
        self.world.now = self.clock.set(max(self.world.now, instant + timedelta(seconds=after)))
        if swept:
            self.the_sweep_runs(batch=500)
        self.the_drain_runs()

    @rule(account=WHICH, who=CONTACTS, seconds=st.sampled_from([60, 120, 600]), parked=st.booleans())
    def a_backlog_is_joined_late(self, account: int, who: str, seconds: int, parked: bool) -> None:
        """Joined when its deadline would already be past: the clock starts at joining (closing C1)."""
        self.a_contact_writes(account, who, drained=False, late=0)
        if parked and self.world.receipts:
            self.a_waiting_delivery_is_parked(which=-1)
        self.time_passes(seconds=seconds)
        self.the_sweep_runs(batch=500)
        if any(receipt.parked for receipt in self.world.receipts):
            self.parked_deliveries_are_replayed()
        self.the_drain_runs()

    @rule(which=WHICH, how=st.sampled_from(["account", "plan", "rule"]), seconds=st.sampled_from([0, 1, 30]))
    def cover_has_a_gap(self, which: int, how: str, seconds: int) -> None:
        """Interrupted and back: a new start, older clocks are void (closing R5, R7, R10)."""
        for begins in (False, True):
            if how == "account":
                (self.an_account_is_connected if begins else self.an_account_is_disconnected)(which)
            elif how == "plan":
                self.the_plan_changes(back=begins)
            elif self.world.rules:
                self.a_rule_is_switched(which)
            self.time_passes(seconds=seconds)

    @rule(
        account=WHICH,
        who=CONTACTS,
        kind=st.sampled_from(["reaction", "edit", "history", "call", "image", "unsupported"]),
    )
    def a_contact_does_something_else(self, account: int, who: str, kind: str) -> None:
        if self.world.accounts[self.accounts[account].pk].connected_at is None:
            return
        self.numbers += 1
        self._store(account, who, f"m{self.numbers}", kind, None)

    @precondition(lambda self: self.external_ids)
    @rule(which=st.integers(0, 1_000))
    def a_delivery_comes_twice(self, which: int) -> None:
        account, who, external_id = self.external_ids[which % len(self.external_ids)]
        if self.world.accounts[self.accounts[account].pk].connected_at is not None:
            self._store(account, who, external_id, "text", None)

    @rule()
    def the_drain_runs(self) -> None:
        self._tick()  # what opens is told from what was joined before it closed by the instant
        while drain.step():
            pass
        self.world.drain()

    @precondition(lambda self: self.world.receipts)
    @rule(which=st.integers(0, 100))
    def a_waiting_delivery_is_parked(self, which: int) -> None:
        receipt = self.world.receipts[which % len(self.world.receipts)]
        same = [
            r for r in self.world.receipts if r.external_id == receipt.external_id and r.account == receipt.account
        ]
        for each in same:
            each.parked = True
        Receipt.objects.filter(
            processed_at=None, account_id=receipt.account, pk__in=self._carrying(receipt.external_id)
        ).update(parked_at=self.world.now)

    def _carrying(self, external_id: str) -> list[int]:
        waiting = Receipt.objects.filter(processed_at=None)
        return [receipt.pk for receipt in waiting if f'"{external_id}"'.encode() in bytes(receipt.body)]

    @precondition(lambda self: any(receipt.parked for receipt in self.world.receipts))
    @rule()
    def parked_deliveries_are_replayed(self) -> None:
        parked = Receipt.objects.filter(processed_at=None).exclude(parked_at=None)
        drain.replay(list(parked.values_list("pk", flat=True)), self.workspace.pk)
        for receipt in self.world.receipts:
            receipt.parked = False
        # A receipt is drained in the order it was stored, parked or not.
        self.world.receipts.sort(key=lambda receipt: receipt.received_at)

    @rule(account=WHICH, who=CONTACTS)
    def a_contact_is_blocked_or_not(self, account: int, who: str) -> None:
        pk = self.accounts[account].pk
        contact = Contact.objects.filter(identities__account_id=pk, identities__value=who)
        if not contact.exists():
            return
        key = (pk, who)
        if key in self.world.blocked:
            self.world.blocked.remove(key)
            contact.update(blocked_at=None)
        else:
            self.world.blocked.add(key)
            contact.update(blocked_at=self.world.now)

    # The team

    def _pick(self, which: int) -> tuple[Conversation, Any] | None:
        rows = list(Conversation.objects.order_by("pk"))
        if not rows:
            return None
        row = rows[which % len(rows)]
        return row, self.world.conversations[row.account_id, row.contact.identities.get().value]

    @rule(which=st.integers(0, 8), note=st.booleans())
    def the_team_writes(self, which: int, note: bool) -> None:
        if picked := self._pick(which):
            row, model = picked
            lifecycle.reply(row.pk, "Buenas", scope=self.scope, by=self.by, note=note)
            (self.world.write if note else self.world.reopen)(model)
            if not note:
                self.world.answer(model)
                self.world.say(model)

    @rule(which=st.integers(0, 8), reopen=st.booleans())
    def a_program_writes(self, which: int, reopen: bool) -> None:
        if picked := self._pick(which):
            row, model = picked
            lifecycle.reply(row.pk, "Hola", scope=self.scope, by=Actor.api(row.account_id), reopen=reopen)
            self.world.answer(model)
            (self.world.reopen if reopen else self.world.write)(model)
            self.world.say(model)

    @rule(account=WHICH, who=CONTACTS)
    def somebody_writes_in_the_app(self, account: int, who: str) -> None:
        """In the channel's own: that begins a conversation where there is none, and opens nothing."""
        self._tick()
        pk = self.accounts[account].pk
        self.numbers += 1
        echo = Inbound(pk, f"m{self.numbers}", (EXTERNAL, who), text="Hola", echo=True)
        lifecycle.receive([echo], clock=coverage.clock)
        model = self.world.begin(pk, who)
        self.world.answer(model)
        self.world.write(model)
        self.world.say(model)

    @rule(account=WHICH, who=CONTACTS, time=TIMES, others=st.integers(0, 2), early=st.sampled_from([-1, 0, 1]))
    def we_begin_and_nobody_answers(
        self, account: int, who: str, time: tuple[int, str], others: int, early: int
    ) -> None:
        """Perhaps writing more than once, or opening what was closed: it closes after our last (closing N1, N2)."""
        if (cover := self.world.cover_begins(self.accounts[account].pk)) is None:
            return
        held = {n for n, each in enumerate(self.accounts) if each.pk in self.world.rules[cover[0]].accounts}
        self._save(cover[0], held, (2, "minutes"), "Nadie contestó", (*PLAIN[:5], time))
        self.somebody_writes_in_the_app(account, who)
        rows = Conversation.objects.filter(account=self.accounts[account], contact__identities__value=who)
        which = [*Conversation.objects.order_by("pk").values_list("pk", flat=True)].index(rows.get().pk)
        if others:
            self.somebody_closes(which, Cause.AGENT, "Ya está")
            self.the_team_writes(which, note=False)
        for _ in range(others):
            self.time_passes(seconds=20)
            self.a_flow_writes(which)
        model = self.world.conversations[self.accounts[account].pk, who]
        self.the_sweep_runs(batch=500)
        if (ends := self.world.deadline(model)) and ends > self.world.now:
            self.world.now = self.clock.set(max(self.world.now, ends + timedelta(seconds=early)))
            self.the_sweep_runs(batch=500)

    @rule(which=st.integers(0, 8))
    def a_flow_writes(self, which: int) -> None:
        """That answers nobody, and moves no clock but that of what we began (closing G1, N2)."""
        if picked := self._pick(which):
            lifecycle.reply(picked[0].pk, "Hola", scope=self.scope, by=Actor(ActorKind.FLOW, 1))
            self.world.say(picked[1])

    @rule(which=st.integers(0, 8), on=st.booleans())
    def somebody_tags(self, which: int, on: bool) -> None:
        if picked := self._pick(which):
            row, model = picked
            if on:
                tags.tag([row.pk], [self.tag.pk], scope=self.scope, by=self.by)
            else:
                tags.untag([row.pk], [self.tag.pk], scope=self.scope)
            model.tagged = on

    @rule()
    def what_is_withheld_is_judged_again(self) -> None:
        withheld = Conversation.objects.exclude(withheld_at=None).order_by("pk").values_list("pk", "account_id")
        assert withholding.judge(list(withheld)) == self.world.judge_withheld()

    @rule(which=st.integers(0, 8), cause=st.sampled_from([Cause.AGENT, Cause.BULK, Cause.API]), reason=REASONS)
    def somebody_closes(self, which: int, cause: Cause, reason: str) -> None:
        if picked := self._pick(which):
            row, model = picked
            lifecycle.close([row.pk], scope=self.scope, reason=reason, cause=cause, by=self.by)
            self.world.close(model, cause, reason)

    @rule(which=st.integers(0, 8), seconds=st.sampled_from([None, 30, 90, 4_000]))
    def somebody_keeps_it_open(self, which: int, seconds: int | None) -> None:
        if picked := self._pick(which):
            row, model = picked
            until = self.world.now + timedelta(seconds=seconds) if seconds else None
            lifecycle.keep([row.pk], until=until, scope=self.scope, by=self.by)
            self.world.keep(model, until)

    @rule(which=st.integers(0, 8), seconds=st.sampled_from([None, 30, 90, 4_000]))
    def somebody_snoozes_it(self, which: int, seconds: int | None) -> None:
        if picked := self._pick(which):
            row, model = picked
            until = self.world.now + timedelta(seconds=seconds) if seconds else None
            lifecycle.snooze([row.pk], until=until, scope=self.scope, by=self.by)
            self.world.snooze(model, until)

    @rule(which=st.integers(0, 8), before=st.booleans(), seconds=st.sampled_from([0, 60, 3_600]))
    def who_is_snoozed_writes(self, which: int, before: bool, seconds: int) -> None:
        """Also what they had written before it was snoozed, and nobody had read (closing S2)."""
        if picked := self._pick(which):
            row, model = picked
            account = [each.pk for each in self.accounts].index(row.account_id)
            who = row.contact.identities.get().value
            if before:
                self.a_contact_writes(account, who, drained=False, late=0)
                self.time_passes(seconds=1)
            self.somebody_snoozes_it(which, None)
            self.time_passes(seconds=seconds)
            if not before:
                self.a_contact_writes(account, who, drained=False, late=0)
            self.the_drain_runs()
            connected = self.world.accounts[row.account_id].connected_at is not None
            assert not (model.snoozed and connected and (row.account_id, who) not in self.world.blocked)

    @rule(which=st.integers(0, 8))
    def somebody_lets_it_close(self, which: int) -> None:
        if picked := self._pick(which):
            row, model = picked
            ends, leaves = lifecycle.release, lifecycle.wake
            if model.snoozed:
                ends, leaves = leaves, ends
            assert leaves([row.pk], scope=self.scope, by=self.by, clock=coverage.clock) == []
            released = ends([row.pk], scope=self.scope, by=self.by, clock=coverage.clock)
            assert released == ([row.pk] if model.kept else [])
            self.world.release(model)

    @rule()
    def what_is_kept_open_long_enough_is_released(self) -> None:
        assert lifecycle.release_due(coverage.clock) == self.world.release_due()

    @rule(which=st.integers(0, 8))
    def somebody_reopens(self, which: int) -> None:
        if picked := self._pick(which):
            row, model = picked
            lifecycle.reopen([row.pk], scope=self.scope, by=self.by)
            self.world.reopen(model)

    @rule(which=st.integers(0, 8), longer=st.booleans(), seconds=st.sampled_from([0, 1, 90]))
    def somebody_takes_its_closing_back(self, which: int, longer: bool, seconds: int) -> None:
        """Perhaps after the rule's time was mended: then its clock may still have time (closing U1 to U3)."""
        if (picked := self._pick(which)) is None:
            return
        row, model = picked
        cover = self.world.cover_begins(row.account_id)
        if longer and cover:
            held = {n for n, each in enumerate(self.accounts) if each.pk in self.world.rules[cover[0]].accounts}
            self._save(cover[0], held, (1, "hours"), self.world.rules[cover[0]].reason)
        self.time_passes(seconds=seconds)
        self._take_back(row, model)

    def _take_back(self, row: Conversation, model: Any) -> None:
        closings = Closure.objects.filter(conversation=row, undone_at=None)
        closed = asking.Closed("", START, self.world.now, rule_id=0)
        undoing = asking.undo_closings(self.ana, closed, ways=replace(WAYS, closings=lambda _undoing: closings))
        assert undoing.done == self.world.take_back(model)
        ends = self.world.deadline(model)
        assert ends is None or not undoing.done or ends > self.world.now, "it would close at that instant"

    @rule(account=WHICH, who=CONTACTS, longer=st.booleans())
    def a_rule_closes_and_it_is_taken_back(self, account: int, who: str, longer: bool) -> None:
        self.a_contact_writes(account, who, drained=True, late=0)
        key = (self.accounts[account].pk, who)
        model = self.world.conversations.get(key)
        if model is None or (ends := self.world.deadline(model)) is None:
            return
        self.world.now = self.clock.set(max(self.world.now, ends))
        self.the_sweep_runs(batch=500)
        rows = Conversation.objects.filter(account_id=key[0], contact__identities__value=who)
        which = [*Conversation.objects.order_by("pk").values_list("pk", flat=True)].index(rows.get().pk)
        self.somebody_takes_its_closing_back(which, longer, 1)

    @rule(which=st.integers(0, 8), owner=st.integers(0, 2))
    def somebody_assigns(self, which: int, owner: int) -> None:
        if picked := self._pick(which):
            row, model = picked
            self.world.assign(model, [None, self.ana.pk, self.bruno.pk][owner])
            lifecycle.assign([row.pk], model.owner, scope=self.scope, by=self.by)

    @rule(which=st.integers(0, 8))
    def somebody_reads(self, which: int) -> None:
        if picked := self._pick(which):
            row, model = picked
            lifecycle.mark_read([row.pk], scope=self.scope)
            model.unread = 0

    # Rules

    @rule(accounts=ACCOUNTS, time=TIMES, reason=REASONS, chosen=OPTIONS)
    def a_rule_is_added(self, accounts: set[int], time: tuple[int, str], reason: str, chosen: Chosen) -> None:
        self._save(None, accounts, time, reason, chosen)

    @precondition(lambda self: self.world.rules)
    @rule(which=WHICH, accounts=ACCOUNTS, time=TIMES, reason=REASONS, keeps=st.booleans(), chosen=OPTIONS)
    def a_rule_is_edited(
        self, which: int, accounts: set[int], time: tuple[int, str], reason: str, keeps: bool, chosen: Chosen
    ) -> None:
        rule_id = sorted(self.world.rules)[which % len(self.world.rules)]
        if keeps:
            accounts = {n for n, a in enumerate(self.accounts) if a.pk in self.world.rules[rule_id].accounts}
        self._save(rule_id, accounts, time, reason, chosen)

    def _save(
        self, rule_id: int | None, accounts: set[int], time: tuple[int, str], reason: str, chosen: Chosen = PLAIN
    ) -> None:
        self._tick()
        pks = {self.accounts[n].pk for n in accounts}
        active = rule_id is None or self.world.rules[rule_id].active
        self.numbers += 1
        name = f"Regla {self.numbers}" if rule_id is None else self.world.rules[rule_id].name
        since, waiting, tagged, owned, by_hours, unheard = chosen
        options = Options(
            since=since, waiting=waiting, exempt_tags=[self.tag.pk] if tagged else [],
            exempt_owners=[self.bruno.pk] if owned else [], calendar=self.calendar.pk if by_hours else None,
            unheard_amount=unheard and unheard[0], unheard_unit=unheard[1] if unheard else "",
        )  # fmt: skip
        amount, unit = time
        warns = tuple(each for each in WARNS if unit == Unit.HOURS or each.amount < amount)
        courtesy = Courtesy(warns, ASKS, BYE)
        draft = rules.Draft(name, *time, reason, sorted(pks), active=active, options=options, courtesy=courtesy)
        held = {pk for pk in pks for c in self.world.accounts[pk].listed if c.until is None and c.rule != rule_id}
        try:
            saved = rules.save(self.workspace, draft, by=self.ana, rule_id=rule_id)
        except rules.Taken:
            assert active, "a rule that is off was refused"
            assert held, "refused although no other active rule holds an account"
        except rules.NotEntitled:
            assert self.world.entitled_since is None
        else:
            assert self.world.entitled_since is not None
            assert not (active and held), "saved although another active rule holds an account"
            said = ModelOptions(
                since != "contact", waiting != "close" or since == "answer", tagged,
                frozenset({self.bruno.pk} if owned else ()), by_hours, options.unheard_seconds,
            )  # fmt: skip
            before = tuple(each.time for each in warns)
            self.world.save(saved.pk, name, saved.seconds, reason, pks, said, before)

    def _save_hours(self, calendar_id: int | None) -> Calendar:
        draft = CalendarDraft("Oficina", "UTC", HOURS[self.world.hours].days)
        return calendars.save(self.workspace, draft, by=self.ana, calendar_id=calendar_id)

    @rule(seconds=st.sampled_from([0, 30, 90]))
    def the_hours_are_edited(self, seconds: int) -> None:
        """Clocks that run are over by the last of what the calendar said since they were armed (closing B5)."""
        self._tick()
        self.world.edit_hours()
        self._save_hours(self.calendar.pk)
        self.time_passes(seconds=seconds)

    @rule(account=WHICH, who=CONTACTS, times=st.lists(TIMES, min_size=1, max_size=3), seconds=st.integers(0, 70))
    def a_time_is_edited_while_a_clock_runs(
        self, account: int, who: str, times: list[tuple[int, str]], seconds: int
    ) -> None:
        """The longest time in force since the clock was armed is the one that counts (closing R8)."""
        cover = self.world.cover_begins(self.accounts[account].pk)
        if cover is None:
            return
        self.a_contact_writes(account, who, drained=True, late=0)
        rule = self.world.rules[cover[0]]
        for time in times:
            self.time_passes(seconds=seconds)
            held = {n for n, each in enumerate(self.accounts) if each.pk in rule.accounts}
            self._save(cover[0], held, time, rule.reason)
        self.the_sweep_runs(batch=500)

    @rule(which=st.integers(0, 8), wait=st.integers(0, 2))
    def an_agent_reopens_before_a_message_is_joined(self, which: int, wait: int) -> None:
        """What was received before the agent opened it arms nothing (closing C6)."""
        if picked := self._pick(which):
            row, _ = picked
            self.somebody_closes(which, Cause.AGENT, "Ya está")
            who = row.contact.identities.get().value
            self.a_contact_writes([a.pk for a in self.accounts].index(row.account_id), who, drained=False, late=0)
            self.time_passes(seconds=wait)
            self.somebody_reopens(which)
            self.the_drain_runs()

    @precondition(lambda self: self.world.rules)
    @rule(which=WHICH)
    def a_rule_is_switched(self, which: int) -> None:
        self._tick()
        rule_id = sorted(self.world.rules)[which % len(self.world.rules)]
        model = self.world.rules[rule_id]
        if model.active:
            rules.switch_off(rule_id, workspace=self.workspace, by=self.ana)
            self.world.switch(rule_id, active=False)
            return
        held = any(c.until is None for pk in model.accounts for c in self.world.accounts[pk].listed)
        try:
            rules.switch_on(rule_id, workspace=self.workspace, by=self.ana)
        except rules.Taken:
            assert held
        except rules.NotEntitled:
            assert self.world.entitled_since is None
        else:
            assert not held
            self.world.switch(rule_id, active=True)

    @precondition(lambda self: self.world.rules)
    @rule(which=WHICH)
    def a_rule_is_deleted(self, which: int) -> None:
        self._tick()
        rule_id = sorted(self.world.rules)[which % len(self.world.rules)]
        rules.delete(rule_id, workspace=self.workspace, by=self.ana)
        self.world.delete(rule_id)

    @rule(which=WHICH)
    def an_account_is_disconnected(self, which: int) -> None:
        self._tick()
        account_verbs.disconnect(self.accounts[which])
        self.world.disconnect(self.accounts[which].pk)
        self._tick()
        self._faults_are_followed()

    @rule(which=WHICH)
    def an_account_is_connected(self, which: int) -> None:
        self._tick()
        account = self.accounts[which]
        account_verbs.connect(self.workspace, ChannelKey.API, name=account.name, external_id=account.external_id)
        self.world.connect(account.pk)
        self._tick()
        self._faults_are_followed()

    @rule(back=st.booleans())
    def the_plan_changes(self, back: bool) -> None:
        self._tick()
        coverage.entitle(self.workspace, plan="pro" if back else "basic", addons=["inbox"] if back else [])
        if not back:
            self.world.entitled_since = None
        elif self.world.entitled_since is None:
            self.world.entitled_since = self.world.now

    @rule(which=st.integers(0, 8), early=st.sampled_from([-1, 0, 0, 1]))
    def a_clock_runs_out(self, which: int, early: int) -> None:
        if armed := self._armed(which):
            self.world.now = self.clock.set(max(self.world.now, armed[2] + timedelta(seconds=early)))
            self.the_sweep_runs(batch=500)

    @rule(seconds=st.sampled_from([0, 0, 60]))
    def closing_is_paused_or_resumed(self, seconds: int) -> None:
        """Pausing and resuming close nothing at that instant, twice is once (closing H1 to H3)."""
        self._tick()
        if not self.world.paused:
            assert pauses.pause(self.workspace, by=self.ana, why="Se cayó la línea")[1]
            self.world.pause(None)
        else:
            assert pauses.resume(self.workspace, by=self.ana)
            assert not pauses.resume(self.workspace, by=self.ana)
            self.world.resume(None)
        self.time_passes(seconds=seconds)

    @rule(which=WHICH, seconds=st.sampled_from([0, 0, 60]))
    def a_fault_comes_or_goes(self, which: int, seconds: int) -> None:
        """On a connected account it pauses closing while it lasts; one that is disconnected has none (closing H4)."""
        self._tick()
        pk = self.accounts[which].pk
        self.faulty ^= {pk}
        Health.objects.update_or_create(account_id=pk, defaults={"has_valid_token": pk not in self.faulty})
        self._faults_are_followed()
        self.time_passes(seconds=seconds)

    def _faults_are_followed(self) -> None:
        pauses.follow()
        for pk, account in self.world.accounts.items():
            has_fault = pk in self.faulty and account.connected_at is not None
            if has_fault and not account.paused:
                self.world.pause(pk)
            elif account.paused and not has_fault:
                self.world.resume(pk)

    @precondition(lambda self: not self.world.receipts)
    @rule()
    def pauses_are_settled(self) -> None:
        """Once every clock that one withheld was looked at, it is forgotten; nothing that is told changes."""
        pauses.step()
        self._faults_are_followed()

    @rule(which=st.integers(0, 8), paused=st.integers(1, 90), of_all=st.booleans(), longer=st.booleans())
    def a_clock_runs_out_while_it_is_paused(self, which: int, paused: int, of_all: bool, longer: bool) -> None:
        """Whatever is saved of the rule meanwhile; it starts anew when that ends (closing H3, R8)."""
        if (armed := self._armed(which)) is None or (of_all and self.world.paused):
            return
        account, _who, instant = armed
        self.world.now = self.clock.set(max(self.world.now, instant - timedelta(seconds=paused // 2)))
        for _ in range(2):
            self.closing_is_paused_or_resumed(seconds=paused) if of_all else self.a_fault_comes_or_goes(
                account, paused
            )
            self.the_sweep_runs(batch=500)
            if longer and (cover := self.world.cover_begins(self.accounts[account].pk)):
                rule = self.world.rules[cover[0]]
                held = {n for n, each in enumerate(self.accounts) if each.pk in rule.accounts}
                self._save(cover[0], held, (3, "minutes"), rule.reason)

    @rule(batch=st.sampled_from([1, 2, 500]))
    def the_sweep_runs(self, batch: int) -> None:
        while writing.step():
            pass
        assert sweep.sweep(batch=batch).closed == self.world.sweep()

    @rule()
    def contacts_are_warned(self) -> None:
        """Nothing else follows from it: after every step all that one might have moved is compared (closing W2)."""
        found, done = self.world.warn(), 0
        while count := warnings.step().warned:
            done += count
        assert done == found

    @rule(which=st.integers(0, 8), late=st.sampled_from([-1, 0, 1, 20, 30, 31]), ordinal=st.integers(0, 1))
    def a_warning_falls_due(self, which: int, late: int, ordinal: int) -> None:
        """And a worker comes so many seconds after it (closing W4)."""
        if (armed := self._armed(which)) is None:
            return
        instant = armed[2] - WARNS[ordinal].time + timedelta(seconds=late)
        self.world.now = self.clock.set(max(self.world.now, instant))
        self.contacts_are_warned()

    @rule()
    def contacts_are_told_of_closings(self) -> None:
        assert farewells.step() == self.world.say_good_bye()

    # Including

    @precondition(lambda self: self.world.rules)
    @rule(which=WHICH)
    def somebody_has_what_is_open_included(self, which: int) -> None:
        self._tick()
        rule_id = sorted(self.world.rules)[which % len(self.world.rules)]
        covers, is_under_way = self.world.covers_anything(rule_id), self.world.includes_into(rule_id)
        try:
            including.ask(rule_id, workspace=self.workspace, by=self.ana)
        except including.NothingCovered:
            assert not covers
        except including.UnderWay:
            assert is_under_way
        else:
            assert covers
            assert not is_under_way
            self.world.inclusions.append(ModelInclusion(rule_id, self.world.now))

    @rule(times=st.sampled_from([1, 1, 2, 20]))
    def inclusions_go_on(self, times: int) -> None:
        for _ in range(times):
            self._tick()
            each = self.world.next_inclusion()
            assert inclusions.step() == (each is not None)
            if each is None:
                return
            self.world.go_on(each, inclusions.BATCH)

    @precondition(lambda self: self.world.inclusions)
    @rule(which=WHICH)
    def an_inclusion_is_taken_back(self, which: int) -> None:
        each = self.world.inclusions[which % len(self.world.inclusions)]
        row = Inclusion.objects.order_by("pk")[which % len(self.world.inclusions)]
        may = each.stage == "ended" and each.count > 0
        if row.ended_at is None or row.ended_at + UNDO_FOR > self.world.now:
            assert including.undo(row, by=self.bruno) == may
            if may:
                each.stage, each.cursor = "undoing", 0

    @rule(which=WHICH, seconds=st.sampled_from([1, 60, 180]))
    def what_was_quiet_is_included_and_swept(self, which: int, seconds: int) -> None:
        if self.world.rules:
            self.somebody_has_what_is_open_included(which)
            self.inclusions_go_on(times=20)
            self.time_passes(seconds=seconds)
            self.the_sweep_runs(batch=500)

    # What must be so after every step

    @invariant()
    def inclusions_agree_with_the_model(self) -> None:
        if not hasattr(self, "world"):
            return
        found = [
            (row.stage, row.total, row.included, row.total - row.settled, row.excluded, row.kept)
            for row in Inclusion.objects.order_by("pk")
        ]
        assert found == [
            (each.stage, len(each.found), each.count, len(each.found) - each.settled, each.excluded, each.kept)
            for each in self.world.inclusions
        ]

    @invariant()
    def conversations_agree_with_the_model(self) -> None:
        if not hasattr(self, "world"):
            return
        covers = coverage.clock([account.pk for account in self.accounts])
        rows = {
            (row.account_id, row.contact.identities.get().value): row
            for row in Conversation.objects.select_related("contact")
        }
        assert rows.keys() == self.world.conversations.keys()
        for key, model in self.world.conversations.items():
            row = rows[key]
            due = deadline(row.armed_at, cover_of(row, covers), row.answered_at)
            assert row.unheard_at == model.unheard_at
            assert (row.status == "open", row.owner_id, row.unread, due, row.kept_at is not None) == (
                model.open, model.owner, model.unread, self.world.deadline(model), model.kept
            )  # fmt: skip
            assert (row.withheld_for, row.answered_at) == (model.withheld, model.answered_at)
            assert (row.snoozed_at is not None) == model.snoozed
            closes_at = clocks([row], covers).get(row.pk)
            assert (closes_at.until if closes_at else None) == (None if self.world.withholds(model) else due)
            self._closures_agree(row, model)
            wrote = Counter(row.messages.filter(author_kind="system").values_list("data__closing", flat=True))
            assert (wrote["warning"], wrote["farewell"]) == (len(model.warned), model.farewells)
            told = dict.fromkeys(EventKind.values, 0)
            for kind in Event.objects.filter(conversation=row).values_list("kind", flat=True):
                told[kind] += 1
            assert told[EventKind.CONVERSATION_OPENED] == model.opened_events
            assert told[EventKind.CONVERSATION_REOPENED] == model.reopened_events
            assert told[EventKind.CONVERSATION_CLOSED] == len(model.closures)
            assert told[EventKind.CONVERSATION_WOKEN] == model.woken

    def _closures_agree(self, row: Conversation, model: Any) -> None:
        found = [
            (c.cause, c.reason, c.closed_at, c.deadline, c.owner_id, c.unread, bool(c.overtaken_at), c.undone_at)
            for c in row.closures.order_by("pk")
        ]
        assert found == [
            (c.cause, c.reason, c.closed_at, c.deadline, c.owner, c.unread, c.overtaken, c.undone_at)
            for c in model.closures
        ]
        for closure, said in zip(row.closures.order_by("pk"), model.closures, strict=True):
            if closure.cause == Cause.RULE:
                told = (closure.armed_at, closure.actor_kind, closure.actor_id)
                assert told == (said.armed_at, "system", None)

    @invariant()
    def what_people_are_told_agrees_with_the_model(self) -> None:
        """The coverage page counts all of them; one at a time tells its whole story."""
        if not hasattr(self, "world"):
            return
        stands, soon = Counter[tuple[int, str]](), self.world.now + timedelta(days=1)
        ends = dict[int, tuple[int, int]]()
        for (account_id, _who), model in self.world.conversations.items():
            if model.open:
                stands[account_id, self.world.standing(model)] += 1
            if (due := self.world.deadline(model)) and not self.world.withholds(model):
                ahead, over = ends.get(account_id, (0, 0))
                ends[account_id] = (ahead + (due <= soon), over + (due <= self.world.now))
        found = standing.groups(self.workspace.pk)
        open_ones = self.world.conversations.values()
        assert sum(each.includable for each in found) == sum(map(self.world.includable, open_ones))
        assert {(each.account_id, each.standing.value): each.count for each in found} == stands
        counted = standing.ahead(self.workspace.pk, now=self.world.now, until=soon)
        assert {each.account_id: (each.soon, each.due) for each in counted if each.soon} == {
            account_id: each for account_id, each in ends.items() if each[0]
        }
        self.told += 1
        if picked := self._pick(self.told):
            self._is_explained(*picked)

    def _is_explained(self, row: Conversation, model: Any) -> None:
        why = explain(row)
        told = explained.tell(why)
        assert told.verdict
        assert all(step.text for step in told.steps)
        assert (why.standing, why.stands.deadline) == (self.world.standing(model), self.world.deadline(model))
        assert [start.counts_from for start in why.starts] == (
            self.world.starts(model) if why.standing in {Standing.RUNS, Standing.PAUSED} else []
        )
        if why.starts:
            assert why.starts[-1].counts_from == self.world.armed_at(model)
            assert why.stands.runs_out == self.world.runs_out(model)
        assert bool(why.pauses) == (why.standing == Standing.PAUSED)
        if why.closure:
            last = model.closures[-1]
            assert (why.closure.cause, why.closure.reason, why.closure.closed_at) == (
                last.cause, last.reason, last.closed_at
            )  # fmt: skip
        if why.standing == Standing.RUNS:
            assert (why.stands.withholds or "") == self.world.withholds(model)
        if why.stands.is_due and why.stands.deadline:
            waits = self.world.waits_before(row.account_id, why.stands.deadline)
            assert (why.waits_since is not None) == waits
        assert (why.closure is None) == model.open

    @invariant()
    def the_ten_invariants_hold(self) -> None:
        by_rule = Closure.objects.filter(cause=Cause.RULE)
        # 1: a rule closes only what was armed, after its whole time.
        assert not by_rule.filter(armed_at=None).exists()
        assert not by_rule.filter(closed_at__lt=F("deadline")).exists()
        # 5: one active rule per account.
        active = list(Coverage.objects.exclude(covered_since=None).values_list("account_id", flat=True))
        assert len(active) == len(set(active))
        # 6: a reason, a cause and an actor.
        assert not Closure.objects.filter(reason__regex=r"^\s*$").exists()
        # 9: nobody was closed on while what they had written in time was stored.
        for closure in by_rule.filter(overtaken_at=None):
            assert not Message.objects.filter(
                conversation_id=closure.conversation_id,
                direction=Direction.IN,
                counts=True,
                received_at__gt=closure.armed_at,
                received_at__lte=closure.deadline,
            ).exists()
        # 10 is held by the database's own checks, which every step above has passed.
        assert not Conversation.objects.filter(status="closed").exclude(look_at=None, armed_at=None).exists()


@pytest.mark.timeout(3_600 if LONG else 600)
def test_random_histories_agree_with_the_contract(db: None) -> None:
    run_state_machine_as_test(
        Histories,
        settings=settings(
            max_examples=600 if LONG else 60,
            stateful_step_count=60 if LONG else 40,
            deadline=None,
            database=None,
            # Shrinking a history takes minutes: it is for whoever hunts the failure, not for finding it.
            phases=[*Phase] if "BANDEJA_TEST_SHRINK" in os.environ else [Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert connection.is_usable()
