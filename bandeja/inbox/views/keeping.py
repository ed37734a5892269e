"""A conversation that is kept open: nothing closes it by itself meanwhile."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _

from bandeja.closing import coverage
from bandeja.conversations import lifecycle
from bandeja.conversations.models import Conversation
from bandeja.inbox.access import PartRequest, acting, conversation_or_404, page
from bandeja.inbox.answers import changed
from bandeja.inbox.keep_form import KeepForm
from bandeja.people.models import Agent
from bandeja.web import times


@page("GET", "POST", "DELETE")
def keeping(request: PartRequest, agent: Agent, conversation_id: int) -> HttpResponse:
    """GET asks until when; POST keeps it open; DELETE lets it close again."""
    conversation = conversation_or_404(agent, conversation_id)
    if request.method == "DELETE":
        return _release(agent, conversation)
    posted = request.POST if request.method == "POST" else None
    initial = {"until": conversation.kept_until, "reason": conversation.kept_reason}
    form = KeepForm(posted, initial=initial)
    if not form.is_valid():
        return _ask(request, conversation, form)
    try:
        lifecycle.keep([conversation.pk], **form.said(), **acting(agent))
    except lifecycle.NotAhead:
        form.not_ahead()
        return _ask(request, conversation, form)
    return _told(conversation)


def _ask(request: PartRequest, conversation: Conversation, form: KeepForm) -> HttpResponse:
    context = {"conversation": conversation, "form": form}
    return render(request, "inbox/keeping.html", context, status=422 if form.is_bound else 200)


def _told(conversation: Conversation) -> HttpResponse:
    now = get_object_or_404(Conversation, pk=conversation.pk)
    if now.kept_at is None:
        said = _("It was closed meanwhile, so there is nothing to keep open.")
    elif now.kept_until is None:
        said = _("It stays open until somebody lets it close.")
    else:
        said = _("It stays open until %(until)s.") % {"until": times.moment(now.kept_until)}
    return changed([conversation.pk], toast=said)


def _release(agent: Agent, conversation: Conversation) -> HttpResponse:
    if not lifecycle.release([conversation.pk], clock=coverage.clock, **acting(agent)):
        return changed([conversation.pk], toast=_("It was not kept open any more."))
    now = get_object_or_404(Conversation, pk=conversation.pk)
    said = _("Its clock starts anew.") if now.armed_at else _("It is kept open no more.")
    return changed([conversation.pk], toast=said)
