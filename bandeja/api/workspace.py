"""What a workspace is made of: accounts, people, teams, tags, contact fields; and who the token acts as."""

from __future__ import annotations

from typing import Annotated

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Router, Schema
from ninja.responses import Status as Answer
from pydantic import StringConstraints

from bandeja.api.access import ApiRequest, Token
from bandeja.api.models import Scope
from bandeja.api.problems import unfit
from bandeja.api.types import Sent, as_sent
from bandeja.channels.models import Account
from bandeja.closing import coverage
from bandeja.conversations import tags as tagging
from bandeja.conversations.models import Colour, ContactField, Tag
from bandeja.people.models import Agent, Permission, Team

router = Router(tags=["workspace"])

READS = Token(Scope.READ_WORKSPACE)
WRITES = Token(Scope.WRITE_WORKSPACE, Permission.MANAGE_TAGS)


class MeOut(Schema):
    """As whom the token acts, and what it may be used for; `language` is the workspace's."""

    workspace_id: int
    workspace: str
    language: str
    agent_id: int
    name: str
    permissions: list[str]
    scopes: list[str]


class AccountOut(Schema):
    """A connected line, page, profile or widget; `rule_id` is the closing rule that covers it now."""

    id: int
    channel: str
    name: str
    external_id: str
    connected: bool
    rule_id: int | None


class AgentOut(Schema):
    """A person who answers."""

    id: int
    name: str
    email: str
    role: str
    active: bool


class MemberOut(Schema):
    """A person in a team; who leads it sees all its conversations."""

    id: int
    name: str
    leads: bool


class TeamDetail(Schema):
    """A team and who is in it."""

    id: int
    name: str
    members: list[MemberOut]


class TagOut(Schema):
    """A word to sort conversations by."""

    id: int
    name: str
    colour: str


class TagIn(Sent):
    """What a tag is called, and its colour."""

    name: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=tagging.NAME_LENGTH),
        as_sent(tagging.NAME_LENGTH),
    ]
    colour: Colour = Colour.GREY


class FieldOut(Schema):
    """Something the workspace wants to know of its contacts; `choices` are those of a choice."""

    id: int
    name: str
    kind: str
    choices: list[str]


@router.get("/me", response=MeOut, auth=READS)
def me(request: ApiRequest) -> MeOut:
    """As whom the token acts."""
    agent = request.auth.person
    return MeOut(
        workspace_id=agent.workspace_id, workspace=agent.workspace.name,
        language=agent.workspace.language, agent_id=agent.pk, name=str(agent),
        permissions=sorted(agent.role.permissions), scopes=sorted(request.auth.scopes),
    )  # fmt: skip


@router.get("/accounts", response=list[AccountOut], auth=READS)
def accounts(request: ApiRequest) -> list[AccountOut]:
    """All of them, those that are disconnected too."""
    return _accounts(request, Account.objects.all())


@router.get("/accounts/{int:account_id}", response=AccountOut, auth=READS)
def account(request: ApiRequest, account_id: int) -> AccountOut:
    """One account."""
    found = get_object_or_404(Account, pk=account_id, workspace=request.auth.workspace)
    return _accounts(request, Account.objects.filter(pk=found.pk))[0]


@router.get("/agents", response=list[AgentOut], auth=READS)
def agents(request: ApiRequest) -> list[AgentOut]:
    """Who works here, and who did."""
    found = Agent.objects.filter(workspace=request.auth.workspace).order_by("pk")
    return [
        AgentOut(id=each.pk, name=each.name, email=each.email, role=each.role.key, active=each.is_active)
        for each in found
    ]


@router.get("/teams", response=list[TeamDetail], auth=READS)
def teams(request: ApiRequest) -> list[TeamDetail]:
    """All of them, by name."""
    found = Team.objects.filter(workspace=request.auth.workspace).order_by("name")
    return [
        TeamDetail(
            id=team.pk,
            name=team.name,
            members=[
                MemberOut(id=each.agent_id, name=str(each.agent), leads=each.leads)
                for each in team.memberships.all()
                if each.agent.is_active
            ],
        )
        for team in found.prefetch_related("memberships__agent")
    ]


@router.get("/fields", response=list[FieldOut], auth=READS)
def fields(request: ApiRequest) -> list[FieldOut]:
    """What the workspace wants to know of its contacts."""
    found = ContactField.objects.filter(workspace=request.auth.workspace).order_by("pk")
    return [FieldOut(id=each.pk, name=each.name, kind=each.kind, choices=each.choices) for each in found]


@router.get("/tags", response=list[TagOut], auth=READS)
def tags(request: ApiRequest) -> list[TagOut]:
    """All of them, by name."""
    return [_tag(each) for each in _tags(request).order_by("name")]


@router.post("/tags", response={201: TagOut}, auth=WRITES)
def make_tag(request: ApiRequest, response: HttpResponse, body: TagIn) -> Answer[TagOut]:
    """Make a tag."""
    try:
        made = tagging.make(request.auth.workspace.pk, body.name, body.colour)
    except tagging.TooMany:
        said = _("There are %(most)s tags already. Delete one first.") % {"most": tagging.MOST}
        raise unfit([("name", said)]) from None
    except (tagging.NameTaken, tagging.BlankName) as refused:
        raise unfit([("name", _refused(refused))]) from None
    response["Location"] = f"{request.path}/{made.pk}"
    return Answer(201, _tag(made))


@router.put("/tags/{int:tag_id}", response=TagOut, auth=WRITES)
def change_tag(request: ApiRequest, tag_id: int, body: TagIn) -> TagOut:
    """Give it another name or colour, wherever it is."""
    mine = get_object_or_404(_tags(request), pk=tag_id)
    try:
        return _tag(tagging.change(mine, body.name, body.colour))
    except (tagging.NameTaken, tagging.BlankName) as refused:
        raise unfit([("name", _refused(refused))]) from None


@router.delete("/tags/{int:tag_id}", response={204: None}, auth=WRITES)
def delete_tag(request: ApiRequest, tag_id: int) -> Answer[None]:
    """Take it off every conversation, and forget it."""
    tagging.delete(get_object_or_404(_tags(request), pk=tag_id))
    return Answer(204, None)


def _accounts(request: ApiRequest, among: QuerySet[Account]) -> list[AccountOut]:
    found = list(among.filter(workspace=request.auth.workspace).order_by("pk"))
    covers = coverage.clock([each.pk for each in found])
    return [
        AccountOut(
            id=each.pk, channel=each.channel, name=each.name, external_id=each.external_id,
            connected=each.is_connected, rule_id=covers[each.pk].rule_id if each.pk in covers else None,
        )
        for each in found
    ]  # fmt: skip


def _tags(request: ApiRequest) -> QuerySet[Tag]:
    return Tag.objects.filter(workspace=request.auth.workspace)


def _tag(tag: Tag) -> TagOut:
    return TagOut(id=tag.pk, name=tag.name, colour=tag.colour)


def _refused(refused: ValueError) -> str:
    if isinstance(refused, tagging.NameTaken):
        return _("Another tag has this name.")
    return _("A tag needs a name one can see.")
