"""What a workspace is made of: every kind of row that is carried, in the order in which they rest on each other.

What is not among them stays behind: secrets (tokens, passwords, sessions, second steps, devices, credentials of
accounts and Meta apps), what is under way (deliveries of channels and webhooks, sends, runs of flows, notifications,
bulk actions, imports, inclusions, pauses, warnings), and what channels tell again (templates, health).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db.models import ForeignKey, Model

from bandeja.attendance.models import AutoAssignment
from bandeja.channels.models import Account
from bandeja.closing.models import Coverage, Rule, RuleTime
from bandeja.conversations.models import (
    Annotation,
    Attachment,
    Closure,
    Contact,
    ContactField,
    ContactNote,
    ContactValue,
    Conversation,
    Event,
    Identity,
    MergeSuggestion,
    Message,
    Tag,
    Tagging,
)
from bandeja.flows.models import Flow, Version
from bandeja.hours.models import Calendar, CalendarVersion, OpenHours
from bandeja.imports.models import WaitingTag
from bandeja.inbox.models import SavedView
from bandeja.mentions.models import Mention
from bandeja.notifications.models import Preference
from bandeja.people.models import Agent, AuditEntry, Membership, Presence, Role, Team, Workspace
from bandeja.quickreplies.models import QuickReply
from bandeja.webhooks.models import Webhook

WORKSPACE = "workspace_id = %(workspace)s"


@dataclass(frozen=True, slots=True)
class Kind:
    """One table. `within` says which of its rows are the workspace's.

    `left` are columns that are not carried. `said` has what a column is written as where that is not what it is, and
    `put` what is put into one when it is brought in: an expression over `told`, the row of the file, where
    `pg_temp.moved(kind, id)` answers the id that a row has from here on. `refs` are ids of other kinds besides keys.
    """

    model: type[Model]
    within: str = WORKSPACE
    left: frozenset[str] = frozenset()
    said: Mapping[str, str] = field(default_factory=dict)
    put: Mapping[str, str] = field(default_factory=dict)
    refs: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return str(self.model._meta.db_table)

    @property
    def key(self) -> str:
        """The column of its primary key."""
        return str(self.model._meta.pk.column)

    @property
    def has_own_key(self) -> bool:
        """Whether its rows have ids of their own, which are others once they are brought in."""
        return self.key == "id"

    @property
    def columns(self) -> list[str]:
        """What is carried of each row."""
        every = (str(each.column) for each in self.model._meta.concrete_fields)
        return [column for column in every if column not in self.left]

    @property
    def references(self) -> dict[str, str]:
        """The columns that are ids of another kind, and which."""
        keys = {
            each.column: str(each.related_model._meta.db_table)
            for each in self.model._meta.concrete_fields
            if isinstance(each, ForeignKey) and isinstance(each.related_model, type)
        }
        plain = {"workspace_id": "workspace", "account_id": "account", "conversation_id": "conversation"}
        told = {column: kind for column, kind in plain.items() if column in self.columns}
        return {**told, **keys, **self.refs}


def _of(column: str, table: str) -> str:
    return f"{column} in (select id from {table} where {WORKSPACE})"  # noqa: S608  names of our own


def _moved(kind: str, column: str) -> str:
    """The ids of an array that are brought in, as they are from here on."""
    return (
        f"array(select here from unnest(told.{column}) as id, pg_temp.moved('{kind}', id) as here"  # noqa: S608  names of our own
        " where here is not null)"
    )


ACTOR = """case told.actor_kind
    when 'agent' then pg_temp.moved('agent', told.actor_id)
    when 'api' then pg_temp.moved('account', told.actor_id)
end"""
ABOUT = {"person": "agent"}
SUBJECTS = ("rule", "calendar", "account", "role", "person", "team", "contact", "flow", "webhook", "workspace")
SUBJECT = "case told.subject {} end".format(
    " ".join(f"when '{each}' then pg_temp.moved('{ABOUT.get(each, each)}', told.subject_id)" for each in SUBJECTS)
)
SETTLED = "case when state in ('queued', 'sending') then 'unknown' else state end"
LOST = "state = 'waiting' or (state = 'stored' and id = any(%(missing)s::bigint[]))"
THUMBED = "state = 'stored' and thumb <> '' and id <> all(%(missing)s::bigint[] || %(thumbless)s::bigint[])"
THERE = "state = 'stored' and id <> all(%(missing)s::bigint[])"

KINDS: tuple[Kind, ...] = (
    Kind(Workspace, "id = %(workspace)s", frozenset({"entitled_since"})),
    Kind(Role),
    Kind(
        Agent,
        left=frozenset({"password", "last_login"}),
        put={"password": "'!' || md5(random()::text) || md5(random()::text)"},
    ),
    # Who is there is known by those who are: nobody is owed an answer for a time that was before.
    Kind(Presence, _of("agent_id", "agent"), frozenset({"chosen_at", "seen_at"})),
    Kind(Preference, _of("agent_id", "agent"), frozenset({"digest_at"})),
    Kind(Team),
    Kind(Membership, _of("team_id", "team")),
    # Disconnected: connecting one again is a new start (closing R10).
    Kind(
        Account,
        left=frozenset({"token_hash", "app_id", "connected_at", "disconnected_at"}),
        put={"connected_at": "bandeja_now()", "disconnected_at": "bandeja_now()", "token_hash": "''"},
    ),
    Kind(AutoAssignment, _of("account_id", "account"), frozenset({"after_number", "last_agent_id"})),
    Kind(ContactField),
    Kind(Contact),
    Kind(ContactValue, _of("contact_id", "contact")),
    Kind(ContactNote, _of("contact_id", "contact")),
    Kind(Identity, left=frozenset({"look_at"})),
    # Without a clock, like everything that was received before cover began (closing R6).
    Kind(
        Conversation,
        left=frozenset({"armed_at", "look_at", "included_at", "unheard_at", "withheld_at", "withheld_for"}),
        refs={"last_inbound_id": "message", "kept_by_id": "agent"},
    ),
    # What a flow wrote goes by its run, and runs are numbered anew: another's would be taken for this one.
    Kind(
        Message,
        said={"state": SETTLED},
        put={"client_id": "case when told.author_kind <> 'flow' then told.client_id end"},
    ),
    Kind(
        Attachment,
        left=frozenset({"look_at"}),
        said={
            "state": f"case when {LOST} then 'failed' else state end",
            "file": f"case when {THERE} and file <> '' then 'files/' || id else '' end",
            "thumb": f"case when {THUMBED} then 'files/' || id || '.thumb' else '' end",
        },
        put={"file": "pg_temp.kept(told.file)", "thumb": "pg_temp.kept(told.thumb)"},
    ),
    Kind(Annotation),
    Kind(Tag),
    Kind(Tagging, _of("tag_id", "tag")),
    Kind(WaitingTag, _of("tag_id", "tag")),
    Kind(MergeSuggestion),
    Kind(Calendar),
    Kind(CalendarVersion),
    Kind(OpenHours, _of("version_id", "calendar_version")),
    Kind(Rule, put={"exempt_tags": _moved("tag", "exempt_tags"), "exempt_owners": _moved("agent", "exempt_owners")}),
    Kind(RuleTime, _of("rule_id", "rule")),
    # Covered from now on, where the rule is on (closing R6, R7).
    Kind(
        Coverage,
        left=frozenset({"covered_since"}),
        put={
            "covered_since": "case when (select active from rule where rule.id = pg_temp.moved('rule', told.rule_id))"
            " then bandeja_now() end"
        },
    ),
    Kind(
        Closure,
        left=frozenset({"kept"}),
        refs={"owner_id": "agent", "rule_id": "rule", "undone_by_id": "agent"},
        put={"actor_id": ACTOR},
    ),
    # Numbered below zero: every reader of events is past them, so nothing is told, set off or assigned by them.
    Kind(
        Event,
        _of("conversation_id", "conversation"),
        left=frozenset({"number"}),
        refs={"message_id": "message", "closure_id": "closure"},
        put={
            "number": "-pg_temp.moved('event', told.id)",
            "actor_id": ACTOR,
            "data": "pg_temp.told_of(told.kind, told.data)",
        },
    ),
    Kind(Mention),
    Kind(QuickReply),
    Kind(SavedView),
    # Off: turning one on is a new start.
    Kind(Flow, left=frozenset({"active", "after_number"})),
    Kind(Version, _of("flow_id", "flow")),
    # Disabled, with a new secret.
    Kind(
        Webhook,
        "workspace_id = %(workspace)s and deleted_at is null",
        frozenset({
            "secret", "old_secret", "old_until", "after_number", "enabled_at", "disabled_at", "disabled_why",
            "failing_since", "failures", "look_at", "notice_at", "notice_tries", "deleted_at",
        }),
        put={"secret": "''", "disabled_at": "bandeja_now()", "disabled_why": "'person'"},
    ),
    Kind(
        AuditEntry,
        refs={"agent_id": "agent"},
        put={"subject_id": f"coalesce({SUBJECT}, 0)"},
    ),
)  # fmt: skip
BY_NAME = {kind.name: kind for kind in KINDS}
