"""The tags of one conversation: chosen in a dialog, made in it where there is none, taken off in the panel."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from bandeja.conversations import tags
from bandeja.conversations.actor import Actor
from bandeja.conversations.models import Conversation
from bandeja.conversations.scope import Scope
from bandeja.inbox.access import PartRequest, conversation_or_404, page
from bandeja.inbox.answers import changed
from bandeja.inbox.filters import whole
from bandeja.inbox.tagged import TagsForm
from bandeja.people.models import Agent


@page("GET", "POST", "DELETE")
def tagging(request: PartRequest, agent: Agent, conversation_id: int) -> HttpResponse:
    """GET offers the tags; POST puts on and takes off what was changed; DELETE takes off one, named `tag`."""
    conversation = conversation_or_404(agent, conversation_id)
    if request.method == "DELETE":
        return _take_off(agent, conversation, whole(request.GET.get("tag", "")))
    form = TagsForm(request.POST if request.method == "POST" else None, conversation=conversation)
    if not form.is_valid():
        context = {"conversation": conversation, "form": form}
        return render(request, "inbox/tags.html", context, status=422 if form.is_bound else 200)
    scope = Scope.of(agent)
    tags.tag([conversation.pk], form.put_on(), scope=scope, by=Actor.agent(agent))
    tags.untag([conversation.pk], form.taken_off, scope=scope)
    return changed([conversation.pk])


def _take_off(agent: Agent, conversation: Conversation, tag_id: int | None) -> HttpResponse:
    if tag_id is None:
        return HttpResponse(status=422)
    tags.untag([conversation.pk], [tag_id], scope=Scope.of(agent))
    return changed([conversation.pk])
