"""A conversation that is snoozed: out of sight until a time, or until its contact writes."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from bandeja.closing import coverage
from bandeja.conversations import lifecycle
from bandeja.conversations.models import Conversation, Status
from bandeja.inbox.access import PartRequest, acting, conversation_or_404, page
from bandeja.inbox.answers import changed
from bandeja.inbox.snooze_form import SnoozeForm
from bandeja.inbox.views.keeping import ask, did
from bandeja.people.clock import now_for
from bandeja.people.models import Agent
from bandeja.web import times


@page("GET", "POST", "DELETE")
def snooze(request: PartRequest, agent: Agent, conversation_id: int) -> HttpResponse:
    """GET asks until when; POST snoozes; DELETE brings it back."""
    conversation = conversation_or_404(agent, conversation_id)
    if request.method == "DELETE":
        return _wake(agent, conversation)
    posted = request.POST if request.method == "POST" else None
    seen = request.GET.get("seen", "")
    form = SnoozeForm(posted, now=now_for(agent), conversation=conversation, seen=seen)
    if did(lifecycle.snooze, conversation, agent, form):
        return _told(conversation, form.cleaned_data["seen"])
    return ask(request, "inbox/snooze.html", conversation, form)


def _told(before: Conversation, seen: int | None) -> HttpResponse:
    """What became of it. A way back is offered where it was neither snoozed nor kept open before: it leads there."""
    now = get_object_or_404(Conversation.objects.select_related("contact"), pk=before.pk)
    name = {"name": now.contact}
    if now.status != Status.OPEN:
        return changed([now.pk], toast=_("It was closed meanwhile, so there is nothing to snooze."))
    if now.snoozed_at is None or now.wrote_after(seen):
        return changed([now.pk], toast=_("It was not snoozed: %(name)s has just written.") % name)
    undo = None if before.kept_at else {"method": "DELETE", "url": f"/inbox/{now.pk}/snooze", "values": {}}
    if now.kept_until is None:
        return changed([now.pk], toast=_("Snoozed until %(name)s writes.") % name, undo=undo)
    said = _("Snoozed until %(until)s, or until %(name)s writes.")
    return changed([now.pk], toast=said % {**name, "until": times.coming(now.kept_until)}, undo=undo)


def _wake(agent: Agent, conversation: Conversation) -> HttpResponse:
    if not lifecycle.wake([conversation.pk], clock=coverage.clock, **acting(agent)):
        return changed([conversation.pk], toast=_("It was not snoozed any more."))
    return changed([conversation.pk], toast=_("It is back among the open ones."))
