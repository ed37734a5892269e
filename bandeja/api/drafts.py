"""Flows as they are drafted: made, changed, called something else and deleted, as in the editor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja.responses import Status as Answer
from pydantic import Field, StringConstraints

from bandeja.api.access import ApiRequest
from bandeja.api.flows import WRITES, FlowDetail, detail, flows_of, router
from bandeja.api.problems import Problem, unfit
from bandeja.api.types import NO_NUL, Sent, as_sent
from bandeja.flows import flows as verbs
from bandeja.flows.definition import Malformed
from bandeja.flows.models import NAME_LENGTH, Flow
from bandeja.flows.samples import SAMPLES

__all__ = ["router"]

Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=NAME_LENGTH, pattern=NO_NUL),
    as_sent(NAME_LENGTH),
]
Draft = dict[str, Any]


class FlowIn(Sent):
    """A new flow; without a draft it has none of its steps yet."""

    name: Name
    draft: Draft | None = None


class NameIn(Sent):
    """What a flow is called."""

    name: Name


class DraftIn(Sent):
    """What a flow is to do, as its `draft` says it, and the `revision` it was made from."""

    draft: Draft
    revision: Annotated[int, Field(strict=True, ge=1, le=2**31 - 1)]


@router.post("", response={201: FlowDetail}, auth=WRITES)
def add(request: ApiRequest, response: HttpResponse, body: FlowIn) -> Answer[FlowDetail]:
    """Make a flow. It does nothing until it is published and on."""
    draft = SAMPLES["blank"].draft() if body.draft is None else _storable(body.draft)
    try:
        made = verbs.make(request.auth.workspace, body.name, draft, by=request.auth.person)
    except verbs.TooMany:
        raise Problem(409, _("There are as many flows as there may be. Delete one first.")) from None
    except Malformed:
        raise _malformed() from None
    except (verbs.BlankName, verbs.NameTaken) as error:
        raise _misnamed(error) from None
    response["Location"] = f"{request.path}/{made.pk}"
    return Answer(201, detail(request, made.pk))


@router.patch("/{int:flow_id}", response=FlowDetail, auth=WRITES)
def rename(request: ApiRequest, flow_id: int, body: NameIn) -> FlowDetail:
    """Call it something else."""
    try:
        verbs.rename(_mine(request, flow_id), body.name, by=request.auth.person)
    except (verbs.BlankName, verbs.NameTaken) as error:
        raise _misnamed(error) from None
    return detail(request, flow_id)


@router.put("/{int:flow_id}/draft", response=FlowDetail, auth=WRITES)
def save_draft(request: ApiRequest, flow_id: int, body: DraftIn) -> FlowDetail:
    """Keep a changed draft, whole or not; what runs stays as it is. 409 when somebody changed it since."""
    mine = _mine(request, flow_id)
    try:
        verbs.save_draft(mine, _storable(body.draft), revision=body.revision)
    except verbs.Stale:
        raise Problem(409, _("Somebody changed it since. Read it again first. Nothing was written.")) from None
    except Malformed:
        raise _malformed() from None
    return detail(request, flow_id)


@router.delete("/{int:flow_id}", response={204: None}, auth=WRITES)
def delete(request: ApiRequest, flow_id: int) -> Answer[None]:
    """Delete it: what it is doing ends, and its log goes. What it did to conversations stays."""
    verbs.delete(_mine(request, flow_id), by=request.auth.person)
    return Answer(204, None)


def _mine(request: ApiRequest, flow_id: int) -> Flow:
    return get_object_or_404(flows_of(request), pk=flow_id)


def _storable(draft: Draft) -> Draft:
    """The same; refused with what no row can hold."""
    if any("\x00" in text or not _is_whole(text) for text in _texts(draft)):
        raise _malformed()
    return draft


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)


def _is_whole(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _malformed() -> Problem:
    return unfit(
        [("draft", _("That is no flow: look at the draft of one that is there, and at how long it may be."))]
    )


def _misnamed(error: Exception) -> Problem:
    taken = isinstance(error, verbs.NameTaken)
    return unfit([("name", _("Another flow has this name.") if taken else _("A flow needs a name one can see."))])
