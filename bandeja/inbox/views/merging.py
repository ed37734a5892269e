"""Two contacts that are one person: who they may be, what would become of them, and the deed."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from bandeja.conversations import merge as verb
from bandeja.conversations.contacts import PROFILE
from bandeja.conversations.models import Conversation
from bandeja.inbox.access import PartRequest, acting, conversation_or_404, page
from bandeja.inbox.answers import changed
from bandeja.inbox.merging import candidates, preview
from bandeja.people.models import Agent


@page("GET")
def others(request: PartRequest, agent: Agent, conversation_id: int) -> HttpResponse:
    """Asks who else it is; with `q`, only those that are called so."""
    conversation = conversation_or_404(agent, conversation_id)
    sought = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    found = candidates(agent, conversation, sought) if sought else []
    context = {"conversation": conversation, "sought": sought, "found": found}
    return render(request, "inbox/merge_found.html" if "q" in request.GET else "inbox/merge_others.html", context)


@page("GET", "POST")
def merge(request: PartRequest, agent: Agent, conversation_id: int, other_id: int) -> HttpResponse:
    """GET shows what would become of both; POST merges them. `other_id` is a conversation of the other."""
    conversation, other = conversation_or_404(agent, conversation_id), conversation_or_404(agent, other_id)
    if conversation.contact_id == other.contact_id:
        raise Http404
    if request.method == "GET":
        return _show(request, agent, conversation, other)
    theirs = [name.removeprefix("detail-") for name, kept in request.POST.items() if kept == "theirs"]
    try:
        merged = verb.merge(conversation.contact_id, other.contact_id, theirs=_known(theirs), **acting(agent))
    except (verb.OutOfReach, verb.OneBlocked):
        return _show(request, agent, conversation, other, status=422)
    except (verb.Sending, verb.Changed):
        return changed(
            [conversation.pk], toast=_("A message is on its way at this moment. Try again in a few seconds.")
        )
    gone = list(merged.absorbed)
    return changed([*merged.conversations, *gone], toast=_("They are one contact now."), left=gone)


def _known(keys: list[str]) -> set[str]:
    """The details that were named; what is neither one of everybody's nor a field's id is none."""
    return {key for key in keys if key in PROFILE or (key.isascii() and key.isdigit() and len(key) < 19)}


def _show(
    request: PartRequest, agent: Agent, conversation: Conversation, other: Conversation, status: int = 200
) -> HttpResponse:
    context = {
        "conversation": conversation,
        "other": other,
        "preview": preview(agent, conversation.contact, other.contact),
    }
    return render(request, "inbox/merge.html", context, status=status)
