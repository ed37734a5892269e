"""What is sent besides text and files: GET asks for it in a dialog, POST sends it."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from bandeja.conversations import lifecycle
from bandeja.conversations.models import Conversation
from bandeja.inbox import freely
from bandeja.inbox.access import PartRequest, acting, conversation_or_404, page
from bandeja.inbox.answers import changed
from bandeja.inbox.extras import ButtonsForm, PlaceForm
from bandeja.inbox.views.sending import too_late
from bandeja.people.models import Agent


@page("GET", "POST")
def buttons(request: PartRequest, agent: Agent, conversation_id: int) -> HttpResponse:
    """A text with buttons below it."""
    conversation = conversation_or_404(agent, conversation_id)
    takes = freely.takes(conversation.account)
    if not takes or not takes.buttons:
        raise Http404
    posted = request.POST if request.method == "POST" else None
    form = ButtonsForm(posted, conversation=conversation)
    if form.is_valid() and _send(agent, conversation, form, form.cleaned_data["text"]):
        return _sent(request, conversation)
    return _ask(request, "inbox/buttons.html", conversation, form)


@page("GET", "POST")
def place(request: PartRequest, agent: Agent, conversation_id: int) -> HttpResponse:
    """A place on the map."""
    conversation = conversation_or_404(agent, conversation_id)
    takes = freely.takes(conversation.account)
    if not takes or not takes.places:
        raise Http404
    form = PlaceForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and _send(agent, conversation, form, form.said):
        return _sent(request, conversation)
    return _ask(request, "inbox/place.html", conversation, form)


def _send(agent: Agent, conversation: Conversation, form: ButtonsForm | PlaceForm, text: str) -> bool:
    """Whether it went; if not, the form says why."""
    try:
        lifecycle.reply(
            conversation.pk,
            text,
            data=form.data_to_send,
            client_id=form.cleaned_data["client_id"],
            **acting(agent),
        )
    except lifecycle.WindowClosed as closed:
        form.add_error(None, too_late(closed))
        return False
    return True


def _sent(request: PartRequest, conversation: Conversation) -> HttpResponse:
    return changed([conversation.pk]) if request.htmx else redirect("inbox:thread", conversation.pk)


def _ask(
    request: PartRequest, template: str, conversation: Conversation, form: ButtonsForm | PlaceForm
) -> HttpResponse:
    context = {"conversation": conversation, "form": form}
    return render(request, template, context, status=422 if form.is_bound else 200)
