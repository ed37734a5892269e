"""What is done to one conversation, each on its noun: closure, unread, file. What is said in it is in `sending`, who
has it in `owner`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _

from bandeja.conversations import lifecycle
from bandeja.conversations.lifecycle import Closed
from bandeja.conversations.models import Attachment, Cause, Closure, Conversation, Status
from bandeja.conversations.scope import Scope
from bandeja.inbox import doers, doubles
from bandeja.inbox.access import PartRequest, acting, conversation_or_404, page
from bandeja.inbox.answers import changed
from bandeja.inbox.forms import CloseForm, reasons
from bandeja.inbox.views import owner
from bandeja.media.fetch import fetch_again
from bandeja.people.models import Agent
from bandeja.web import times


@page("GET", "POST", "DELETE")
def closure(request: PartRequest, agent: Agent, conversation_id: int) -> HttpResponse:
    """GET asks why; POST closes; DELETE opens it again."""
    conversation = conversation_or_404(agent, conversation_id)
    if request.method == "DELETE":
        return _reopen(agent, conversation, times.spelled(request.GET.get("closed", "")))
    posted = request.POST if request.method == "POST" else None
    initial = {"seen": request.GET.get("seen"), "holder": owner.holder(conversation)}
    form = CloseForm(posted, agent=agent, initial=initial)
    if not form.is_valid():
        return _ask_why(request, conversation, form)
    return _told(conversation, _close(agent, conversation, form.cleaned_data))


@page("POST", "DELETE")
def unread(request: PartRequest, agent: Agent, conversation_id: int) -> HttpResponse:
    """POST marks it unread, and leaves it: an open thread is a read one. DELETE marks it read."""
    conversation = conversation_or_404(agent, conversation_id)
    scope = Scope.of(agent)
    if request.method == "DELETE":
        lifecycle.mark_read([conversation.pk], scope=scope)
        return changed([conversation.pk])
    lifecycle.mark_unread([conversation.pk], scope=scope)
    return changed([conversation.pk], toast=_("Marked as unread."), left=[conversation.pk])


@page("POST")
def file(request: PartRequest, agent: Agent, conversation_id: int, attachment_id: int) -> HttpResponse:
    """Fetch it again from its channel."""
    conversation = conversation_or_404(agent, conversation_id)
    attachment = get_object_or_404(Attachment, pk=attachment_id, conversation_id=conversation.pk)
    is_asked = fetch_again(attachment)
    return changed([conversation.pk], toast="" if is_asked else _("It is here, or on its way already."))


@page("DELETE")
def double(request: PartRequest, agent: Agent, conversation_id: int, suggestion_id: int) -> HttpResponse:
    """Its contact is not the other one: that is suggested no more."""
    conversation = conversation_or_404(agent, conversation_id)
    if not doubles.dismiss(agent, conversation.contact, suggestion_id):
        raise Http404
    return changed([conversation.pk], toast=_("Noted: they are two people."))


def _reopen(agent: Agent, conversation: Conversation, seen: datetime | None) -> HttpResponse:
    """Open it, unless somebody has closed it anew since they looked: that stands, and is told."""
    if lifecycle.reopen([conversation.pk], seen=seen, **acting(agent)):
        return changed([conversation.pk], toast=_("It is open again."))
    conversation.refresh_from_db(fields=["status"])
    if conversation.status == Status.OPEN:
        return changed([conversation.pk], toast=_("It was open already."))
    said = _("It stays closed, as somebody closed it again: %(told)s") % {"told": _how_it_closed(conversation)}
    return changed([conversation.pk], toast=said)


def _close(agent: Agent, conversation: Conversation, cleaned: dict[str, Any]) -> Closed:
    return lifecycle.close(
        [conversation.pk],
        reason=cleaned["reason"],
        cause=Cause.AGENT,
        seen=cleaned["seen"],
        transfer_to=cleaned["owner"],
        holder=cleaned["holder"],
        **acting(agent),
    )


def _ask_why(request: PartRequest, conversation: Conversation, form: CloseForm) -> HttpResponse:
    context = {"conversation": conversation, "form": form, "reasons": reasons(conversation.workspace_id)}
    return render(request, "inbox/close.html", context, status=422 if form.is_bound else 200)


def _told(conversation: Conversation, outcome: Closed) -> HttpResponse:
    pk = conversation.pk
    if outcome.newer:
        said = _("It stays open: %(name)s has just written.") % {"name": conversation.contact}
        return changed([pk], toast=said)
    if outcome.already:
        return changed([pk], toast=_("It was closed already: %(told)s") % {"told": _how_it_closed(conversation)})
    conversation.refresh_from_db(fields=["closed_at"])
    closed = conversation.closed_at.isoformat() if conversation.closed_at else ""
    undo = {"method": "DELETE", "url": f"/inbox/{pk}/closure", "values": {"closed": closed}}
    if outcome.kept:
        said = _("Conversation closed. It was not transferred: somebody gave it away while you looked.")
        return changed([pk], toast=said, undo=undo)
    return changed([pk], toast=_("Conversation closed."), undo=undo)


def _how_it_closed(conversation: Conversation) -> str:
    """Who or which rule closed it last, and why."""
    closure = Closure.objects.filter(conversation=conversation).order_by("-closed_at", "-pk").first()
    return doers.how_it_closed(closure, conversation) if closure else ""
