"""A year of a small shop: who wrote, who answered, how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from bandeja import environment
from bandeja.channels.api.channel import EXTERNAL
from bandeja.channels.models import Account, ChannelKey
from bandeja.channels.webchat.channel import VISITOR
from bandeja.closing.models import Rule
from bandeja.conversations.actor import Actor
from bandeja.conversations.models import (
    Closure,
    Contact,
    Conversation,
    Event,
    EventKind,
    Identity,
    Message,
)
from bandeja.demo import dialogues, names
from bandeja.demo.dialogues import CONTACT, NOTE, TEAM, Deck, Dialogue
from bandeja.demo.rhythm import Rhythm
from bandeja.demo.thread import Rows, Thread, Tidying
from bandeja.people.models import Agent

PEOPLE = 388
LATELY = 50
"""How many of them wrote within the last day and a half."""
ON_BOTH = 14
"""How many wrote on both accounts."""
TIDYING_EVERY = timedelta(days=30)
NAMELESS = 0.12
"""Of the visitors of the web chat, those who never said their name."""
REGULARS = 0.45
"""Of the contacts, those who come again."""
FORGOTTEN = 0.2
"""Of the conversations that came to an end, those nobody closed by hand."""


@dataclass(frozen=True, slots=True)
class Shop:
    """What the past happens in. The rule is the one of `api`."""

    web: Account
    api: Account
    rule: Rule
    team: Sequence[Agent]
    rhythm: Rhythm
    rng: Random


def write(shop: Shop) -> None:
    """Make the contacts and their conversations, in the caller's transaction; every instant lies before now."""
    rows, contacts, identities = Rows(), [], []
    deck, tidyings = Deck(shop.rng), _tidyings(shop)
    for number, name in enumerate(names.contacts(PEOPLE, shop.rng)):
        visits = _visits(shop, lately=number < LATELY)
        account = shop.rng.choice([shop.web, shop.web, shop.api])
        accounts = [shop.web, shop.api] if number >= PEOPLE - ON_BOTH else [account]
        contact = _contact(name, visits[0], accounts, shop)
        contacts.append(contact)
        for each in accounts:
            identities.append(_identity(contact, each, number))
            _play(_thread(rows, contact, each, shop, tidyings), contact, visits, deck, shop)
    _store(rows, contacts, identities)


def _visits(shop: Shop, *, lately: bool) -> list[datetime]:
    """When somebody came: once, or again weeks later; `lately` the last time within a day and a half."""
    if lately:
        before = [shop.rhythm.sometime()] if shop.rng.random() < REGULARS else []
        return sorted([*before, shop.rhythm.lately(36)])
    visits = [shop.rhythm.sometime()]
    while shop.rng.random() < REGULARS:
        visits.append(shop.rhythm.team_answers(visits[-1] + timedelta(days=shop.rng.uniform(12, 110))))
    return [at for at in visits if at < shop.rhythm.now]


def _tidyings(shop: Shop) -> list[Tidying]:
    """About once a month, somebody closes what nobody will answer any more; the last time a few weeks ago."""
    months = [shop.rhythm.now - timedelta(days=24) - TIDYING_EVERY * month for month in range(12)]
    instants = [shop.rhythm.open_from(at) for at in reversed(months)]
    return [Tidying(at, Actor.agent(shop.rng.choice(shop.team[:2]))) for at in instants]


def _contact(name: str, first: datetime, accounts: Sequence[Account], shop: Shop) -> Contact:
    if accounts == [shop.web] and shop.rng.random() < NAMELESS:
        return Contact(workspace=shop.web.workspace, created_at=first)
    contact = Contact(workspace=shop.web.workspace, name=name, created_at=first)
    if shop.api in accounts:
        contact.phone = f"+57 300 000 {shop.rng.randrange(10_000):04d}"
    if shop.rng.random() < 0.6:
        contact.email = f"{names.plain(name)}@correo.example"
    return contact


def _identity(contact: Contact, account: Account, number: int) -> Identity:
    kind = VISITOR if account.channel == ChannelKey.WEBCHAT else EXTERNAL
    return Identity(
        account=account,
        contact=contact,
        workspace_id=account.workspace_id,
        kind=kind,
        value=f"cliente-{1_000 + number}",
    )


def _thread(rows: Rows, contact: Contact, account: Account, shop: Shop, tidyings: list[Tidying]) -> Thread:
    first = contact.created_at
    conversation = Conversation(
        workspace_id=account.workspace_id, account=account, contact=contact, created_at=first, opened_at=first
    )
    return Thread(rows, conversation, shop.rule if account == shop.api else None, tidyings)


def _play(thread: Thread, contact: Contact, visits: Sequence[datetime], deck: Deck, shop: Shop) -> None:
    """Each visit a dialogue, one after another in the same conversation."""
    ended = visits[0]
    for at in visits:
        if at >= ended:
            ended = _visit(thread, contact, at, deck.deal(), shop) + timedelta(days=1)
    thread.pass_until(shop.rhythm.now)


def _visit(thread: Thread, contact: Contact, at: datetime, dialogue: Dialogue, shop: Shop) -> datetime:
    """Play a dialogue as far as it got by now; answers when it ended."""
    agent = _answers(thread, shop)
    blanks = dialogues.words(contact.name, agent.name, at, shop.rhythm, shop.rng)
    before = ""
    for line in dialogue.lines:
        at = _when(before, line.side, at + line.pause, shop) if before else at
        if at >= shop.rhythm.now:
            return at
        said = dialogues.fill(line.text, blanks, at, shop.rhythm, shop.rng)
        _say(thread, line.side, at, said, agent)
        before = line.side
    return _end(thread, dialogue, at, agent, shop)


def _answers(thread: Thread, shop: Shop) -> Agent:
    """Its owner, mostly; a colleague now and then."""
    owner = next((agent for agent in shop.team if agent.pk == thread.conversation.owner_id), None)
    return owner if owner and shop.rng.random() < 0.85 else shop.rng.choice(shop.team)


def _when(before: str, side: str, at: datetime, shop: Shop) -> datetime:
    if side == before:
        return shop.rhythm.goes_on(at)
    return shop.rhythm.contact_answers(at) if side == CONTACT else shop.rhythm.team_answers(at)


def _say(thread: Thread, side: str, at: datetime, text: str, agent: Agent) -> None:
    by = Actor.agent(agent)
    if side == CONTACT:
        thread.write(at, text)
        return
    owner_id = thread.conversation.owner_id
    thread.assign(at - timedelta(seconds=4), agent.pk, Actor(by.kind, owner_id) if owner_id else by)
    if side == NOTE:
        thread.note(at, text, by)
    elif side == TEAM:
        thread.reply(at, text, by)


def _end(thread: Thread, dialogue: Dialogue, at: datetime, agent: Agent, shop: Shop) -> datetime:
    if not dialogue.reason:
        return at
    if shop.rng.random() < FORGOTTEN:
        thread.read()
        return at
    at = shop.rhythm.open_from(at + timedelta(minutes=shop.rng.uniform(4, 150)))
    if at < shop.rhythm.now:
        thread.close(at, dialogue.reason, Actor.agent(agent))
    return at


def _store(rows: Rows, contacts: list[Contact], identities: list[Identity]) -> None:
    """Write them all, messages and closures in the order they happened; then the events know their ids."""
    Contact.objects.bulk_create(contacts)
    Identity.objects.bulk_create(identities)
    Conversation.objects.bulk_create(rows.conversations)
    messages = Message.objects.bulk_create(sorted(rows.messages, key=lambda message: message.at))
    Closure.objects.bulk_create(sorted(rows.closures, key=lambda closure: closure.closed_at))
    Event.objects.bulk_create(_events(rows))
    for message in messages:
        if message.counts:
            message.conversation.last_inbound_id = message.pk
    Conversation.objects.bulk_update(rows.conversations, ["last_inbound_id"])


def _events(rows: Rows) -> list[Event]:
    """In order of time, without the messages' events that pruning would have taken by now."""
    kept = max(message.at for message in rows.messages) - timedelta(days=environment.EVENT_DAYS.value())
    for event, of in rows.events:
        event.message_id = of.pk if isinstance(of, Message) else None
        event.closure_id = of.pk if isinstance(of, Closure) else None
    pruned = {EventKind.MESSAGE_RECEIVED, EventKind.MESSAGE_SENT}
    events = [event for event, _ in rows.events if event.kind not in pruned or event.at > kept]
    return sorted(events, key=lambda event: event.at)
