"""Names of contacts whose channel delivers none: asked for afterwards, each account by a thread of its own.

Messenger and Instagram tell an id only (meta.md A7). Claiming and settling are short statements; no transaction is
open while Meta is asked. Only a blank name is filled in: what people or the contact said stays.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction

from bandeja.channels.meta import lines
from bandeja.channels.meta.profile import CHANNELS, name_of
from bandeja.channels.models import Account
from bandeja.channels.sending import Fault, Line, NotReached, Refused, Unanswered
from bandeja.conversations.bell import ring
from bandeja.conversations.models import Contact, Conversation, Identity
from bandeja.conversations.sql import run, statement

log = logging.getLogger(__name__)

AT_ONCE = 8
"""Accounts asked beside each other; each asks about one person after the other, so that none is hurried."""
PEOPLE = 20
LEASE = timedelta(minutes=10)
"""For which nobody else asks about them; to be asked about twice does no harm."""
LANDING = 0.25
"""Seconds that a step waits for an answer under way before it looks for new ones."""

REST = timedelta(minutes=1)
"""For how long an account is left alone that did not answer, unless Meta says how long."""
TOKEN_REST = timedelta(minutes=15)
"""For how long one is left alone whose token is no good, unless the check-up finds that out before."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=6)
MOST_TRIES = 8
CONSENT = timedelta(days=1)
"""Who did not let us know their name is asked about once more: they consent by writing, which may come later."""

BROKEN_TOKEN = frozenset({None, 0, 102, 190})
"""Codes of a token that is no good; other refusals of its kind mean that it may not see this person."""

CLAIM = statement("bandeja.intake", "claim_nameless")
PUT_OFF = statement("bandeja.intake", "put_off_nameless")


@dataclass(frozen=True, slots=True)
class Person:
    """A contact without a name, as the account knows them; `tries` is how often they were asked about in vain."""

    identity_id: int
    workspace_id: int
    value: str
    tries: int


@dataclass(frozen=True, slots=True)
class Flight:
    """The people whom one account is asked about."""

    channel: str
    line: Line
    people: Sequence[Person]


@dataclass(frozen=True, slots=True)
class Later:
    """No answer: ask again after `pause`, or never; `rest` is for how long to ask the account nothing at all."""

    pause: timedelta | None
    rest: timedelta | None = None
    counted: bool = True


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a step settled; `next_in` is 0 while accounts are still being asked, and None when none is."""

    count: int
    next_in: float | None


Answer = tuple[Flight, int, str | Later]
"""What was said of the person at this place of a flight: a name, perhaps blank."""


class Lane:
    """Asks for names; `step` is what the worker's loop repeats. An idle step is one statement."""

    def __init__(self, *, at_once: int = AT_ONCE, clock: Callable[[], float] = time.monotonic) -> None:
        self._at_once, self._clock = at_once, clock
        self._under_way: set[int] = set()
        self._resting: dict[int, float] = {}
        self._landed: queue.SimpleQueue[Answer | Flight] = queue.SimpleQueue()

    def step(self) -> Outcome:
        """Send out for names that are wanted, and write down those that came."""
        for flight in self._claim():
            self._under_way.add(flight.line.account_id)
            name = f"profiles {flight.line.account_id}"
            # Daemons: a worker that is told to stop must not wait for Meta. The lease runs out by itself.
            threading.Thread(target=self._fly, args=(flight,), daemon=True, name=name).start()
        count = self._land()
        return Outcome(count, 0.0 if self._under_way else None)

    def _claim(self) -> Sequence[Flight]:
        now = self._clock()
        self._resting = {account_id: until for account_id, until in self._resting.items() if until > now}
        free = self._at_once - len(self._under_way)
        return claim(free, [*self._under_way, *self._resting]) if free else []

    def _fly(self, flight: Flight) -> None:
        """One person after the other, until something is wrong that would be wrong with the next one too."""
        for place, person in enumerate(flight.people):
            answer = ask(flight, person)
            self._landed.put((flight, place, answer))
            if isinstance(answer, Later) and answer.rest:
                break
        self._landed.put(flight)

    def _land(self) -> int:
        count = 0
        while self._under_way:
            try:
                landed = self._landed.get(timeout=0 if count else LANDING)
            except queue.Empty:
                break
            if isinstance(landed, Flight):
                self._under_way.discard(landed.line.account_id)
            else:
                self._settle(*landed)
            count += 1
        return count

    def _settle(self, flight: Flight, place: int, answer: str | Later) -> None:
        person = flight.people[place]
        if isinstance(answer, str):
            name(person, answer)
            return
        _put_off([person], answer)
        if answer.rest:
            self._resting[flight.line.account_id] = self._clock() + answer.rest.total_seconds()
            _put_off(flight.people[place + 1 :], Later(timedelta(0), counted=False))


def claim(accounts: int, busy: Sequence[int]) -> Sequence[Flight]:
    """Take a lease of people without a name, of at most so many accounts that are not `busy`."""
    params = {"accounts": accounts, "busy": list(busy), "people": PEOPLE, "lease": LEASE, "channels": list(CHANNELS)}
    wanted: dict[int, list[Person]] = {}
    with run(CLAIM, params) as cursor:
        for account_id, *person, is_nameless in cursor.fetchall():
            if is_nameless:
                wanted.setdefault(account_id, []).append(Person(*person))
    known = Account.objects.select_related("app", "credential").in_bulk(list(wanted)) if wanted else {}
    return [Flight(known[pk].channel, lines.line(known[pk]), people) for pk, people in wanted.items() if pk in known]


def ask(flight: Flight, person: Person) -> str | Later:
    """What the person is called, or when to ask again; never an exception. Touches no database."""
    try:
        return name_of(flight.channel, flight.line, person.value)
    except Refused as refused:
        return _refused(refused, person.tries)
    except NotReached:
        return Later(REST, REST, counted=False)
    except Unanswered:
        return Later(_pause(person.tries), REST)
    except Exception:
        log.exception("a name could not be asked for", extra={"identity_id": person.identity_id})
        return Later(_pause(person.tries), REST)


def name(person: Person, told: str) -> None:
    """Write down what they are called, unless they have a name by now, and ring for their conversations."""
    with transaction.atomic():
        Identity.objects.filter(pk=person.identity_id).update(look_at=None)
        if told and Contact.objects.filter(identities=person.identity_id, name="").update(name=told):
            theirs = Conversation.objects.filter(contact__identities=person.identity_id)
            ring([person.workspace_id], list(theirs.values_list("pk", flat=True)))


def _refused(refused: Refused, tries: int) -> Later:
    """A missing permission and an unknown person are the same to us: no name, and no reason to insist."""
    if refused.fault is Fault.THROTTLED:
        rest = refused.wait or REST
        return Later(rest, rest, counted=False)
    if refused.fault is Fault.TRANSIENT:
        return Later(_pause(tries), refused.wait or REST)
    if refused.fault is Fault.TOKEN and refused.code in BROKEN_TOKEN:
        # The check-up finds out, and then the account is not asked at all.
        return Later(TOKEN_REST, TOKEN_REST, counted=False)
    return Later(CONSENT if tries == 0 else None)


def _pause(tries: int) -> timedelta | None:
    """Four times as long after each try; None after the last."""
    return min(FIRST_PAUSE * 4 ** min(tries, 8), LONGEST_PAUSE) if tries + 1 < MOST_TRIES else None


def _put_off(people: Sequence[Person], later: Later) -> None:
    ids = [person.identity_id for person in people]
    if later.pause is None:
        Identity.objects.filter(pk__in=ids).update(look_at=None)
        return
    with run(PUT_OFF, {"ids": ids, "pause": later.pause, "counted": int(later.counted)}):
        pass
