"""A conversation that is kept open: nothing closes it by itself meanwhile."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _

from bandeja.closing import coverage
from bandeja.conversations import lifecycle
from bandeja.conversations.models import Conversation
from bandeja.inbox.access import PartRequest, acting, conversation_or_404, page
from bandeja.inbox.answers import changed
from bandeja.inbox.keep_form import KeepForm
from bandeja.inbox.snooze_form import SnoozeForm
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
    if did(lifecycle.keep, conversation, agent, form):
        return _told(conversation)
    return ask(request, "inbox/keeping.html", conversation, form)


def did(verb: Callable[..., object], conversation: Conversation, agent: Agent, form: KeepForm | SnoozeForm) -> bool:
    """Whether it was done as the form says; otherwise the form says beside a field why not."""
    if not form.is_valid():
        return False
    try:
        verb([conversation.pk], **form.said(), **acting(agent))
    except lifecycle.NotAhead:
        form.not_ahead()
        return False
    return True


def ask(
    request: PartRequest, template: str, conversation: Conversation, form: KeepForm | SnoozeForm
) -> HttpResponse:  # fmt: skip
    """The form in the dialog: 422 where what was said in it was not done."""
    context = {"conversation": conversation, "form": form}
    return render(request, template, context, status=422 if form.is_bound else 200)


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
