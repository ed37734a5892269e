"""What is looked at: the page, the list, an open thread, and the older part of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache, partial
from typing import Any
from urllib.parse import urlsplit

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render

from bandeja.closing import coverage
from bandeja.closing.deadline import Cover
from bandeja.conversations import lifecycle
from bandeja.conversations.models import Cause, Conversation
from bandeja.conversations.scope import Scope
from bandeja.conversations.tags import tags_of
from bandeja.inbox import chips, clock, freely, saved, story, texts
from bandeja.inbox.access import PartRequest, conversation_or_404, page, wants_part
from bandeja.inbox.filters import Asked, Filters, whole
from bandeja.inbox.forms import reasons
from bandeja.inbox.gallery import gallery
from bandeja.inbox.opened import Has, opened_or_404
from bandeja.inbox.person import person
from bandeja.inbox.rows import Page, counts, news, visible
from bandeja.inbox.rows import held as list_held
from bandeja.inbox.rows import page as list_page
from bandeja.inbox.settings.accounts import sample_site
from bandeja.inbox.views.owner import contacts_owner, holder
from bandeja.mentions import naming
from bandeja.people.clock import now_for
from bandeja.people.models import Agent, Permission, Team
from bandeja.people.presence import with_state

Covers = Mapping[int, Cover]
HELD = 100
"""The most rows that are brought up to date where they stand: more are not on any screen."""


@page("GET")
def inbox(request: PartRequest, agent: Agent) -> HttpResponse:
    """The inbox with nothing open; for htmx, the empty place where a thread would be."""
    filters = Filters.read(request.GET)
    if wants_part(request):
        return render(request, "inbox/blank.html", {"filters": filters, **_blank(agent)})
    listed = _list(request, Asked(agent, filters, now_for(agent)))
    return render(request, "inbox/page.html", {**_blank(agent), **listed, "has_any": _has_any(agent, listed["page"])})


@page("GET")
def rows(request: PartRequest, agent: Agent) -> HttpResponse:
    """The list as filtered, or its next rows; the address in the browser follows the filters."""
    filters = Filters.read(request.GET)
    if before := request.GET.get("before"):
        found = list_page(Asked(agent, filters, now_for(agent)), before=before)
        return render(request, "inbox/rows.html", {"page": found, "filters": filters})
    response = render(request, "inbox/list.html", _list(request, Asked(agent, filters, now_for(agent))))
    if "count" not in request.GET and request.htmx.current_url:
        path = urlsplit(request.htmx.current_url).path
        response.headers["HX-Replace-Url"] = f"{path if path.startswith('/inbox') else '/inbox'}{filters.query}"
    if "done" in request.GET:
        response.headers["HX-Trigger"] = "done"  # the dialog that asked
    return response


@page("GET")
def found_texts(request: PartRequest, agent: Agent) -> HttpResponse:
    """The conversations in which a message has the words of the search, or the next of them."""
    filters, before = Filters.read(request.GET), request.GET.get("before", "")
    found = texts.page(Asked(agent, filters, now_for(agent)), before=before)
    return render(request, "inbox/texts.html", {"page": found, "filters": filters, "begins": not before})


@page("GET")
def held(request: PartRequest, agent: Agent) -> HttpResponse:
    """Rows that stay where they are, as they are now, and how many stand above them."""
    filters = Filters.read(request.GET)
    asked = Asked(agent, filters, now_for(agent))
    ids = [pk for word in request.GET.get("ids", "").split(",")[:HELD] if (pk := whole(word)) is not None]
    found = list_held(asked, ids)
    context = {"filters": filters, "page": {"rows": found.values(), "now": asked.now}, **_counts(asked)}
    above = {"news": news(asked, request.GET.get("top", "")), "gone": sorted(set(ids) - set(found))}
    return render(request, "inbox/held.html", {**context, **above})


@page("GET")
def filters(request: PartRequest, agent: Agent) -> HttpResponse:
    """All that the list may be filtered by."""
    asked = Asked(agent, Filters.read(request.GET), now_for(agent))
    known = reasons(agent.workspace_id)
    context = {
        "filters": asked.filters,
        "accounts": asked.accounts,
        "days": chips.all_days(),
        "channels": sorted({(each.channel, each.get_channel_display()) for each in asked.accounts}),
        "tags": asked.tags,
        "causes": Cause.choices,
        "reasons": known if asked.filters.reason in {"", *known} else [asked.filters.reason, *known],
    }
    return render(request, "inbox/filters.html", context)


@page("GET")
def thread(request: PartRequest, agent: Agent, conversation_id: int) -> HttpResponse:
    """An open conversation, in the page or as a part of it. Opening marks it read where D3 says so."""
    conversation, has = opened_or_404(agent, conversation_id)
    fresh = _fresh(request, conversation)
    _mark_read(request, agent, conversation)
    if has.mentions and "unseen" not in request.GET:
        naming.see(agent, conversation.pk)
    asked = Asked(agent, Filters.read(request.GET), now_for(agent))
    if wants_part(request):
        covers = coverage.clock([conversation.account_id])
        return render(request, "inbox/open.html", _thread(request, asked, conversation, has, covers, fresh))
    context = _thread(request, asked, conversation, has, asked.covers, fresh)
    return render(request, "inbox/page.html", {**_list(request, asked), **context})


@page("GET")
def earlier(request: PartRequest, agent: Agent, conversation_id: int) -> HttpResponse:
    """The part of a thread before a message."""
    conversation = conversation_or_404(agent, conversation_id)
    now = now_for(agent)
    told = story.tell(conversation, now, before=whole(request.GET.get("before", "")))
    free = freely.read(conversation, now)
    answers = free is not None and not free.is_closed
    return render(request, "inbox/timeline.html", {"conversation": conversation, "story": told, "answers": answers})


@page("GET")
def files(request: PartRequest, agent: Agent, conversation_id: int) -> HttpResponse:
    """The files of a thread, the newest first, or those before a message."""
    conversation = conversation_or_404(agent, conversation_id)
    before = whole(request.GET.get("before", ""))
    context = {"conversation": conversation, "gallery": gallery(conversation, before=before), "before": before}
    return render(request, "inbox/gallery.html", context)


def _fresh(request: PartRequest, conversation: Conversation) -> int | None:
    """Above which message the line stands: what it was opened with stays, and what is read as it comes is not new."""
    known = whole(request.GET.get("fresh", ""))
    if known or ("from" in request.GET and "unseen" not in request.GET):
        return known
    return story.first_unread(conversation)


def _mark_read(request: PartRequest, agent: Agent, conversation: Conversation) -> None:
    """Opening clears unread for its owner, or for anyone if it has none (closing D3); not if nobody is looking, nor
    if whoever looks had seen all of it before: then somebody has marked it unread since.
    """
    if not conversation.unread or conversation.owner_id not in {None, agent.pk} or "unseen" in request.GET:
        return
    seen = whole(request.GET.get("last", ""))
    if seen is not None and (conversation.last_inbound_id or 0) <= seen:
        return
    lifecycle.mark_read([conversation.pk], scope=Scope.of(agent))
    conversation.unread = 0


def _list(request: PartRequest, asked: Asked) -> dict[str, Any]:
    agent = asked.agent
    found = list_page(asked, count=whole(request.GET.get("count", "")) or 0)
    return {
        "filters": asked.filters,
        "page": found,
        **_counts(asked),
        **_bar(asked),
        "members": _members(agent),
        "teams": _teams(agent),
        "sees_all": agent.may(Permission.SEE_ALL),
        "sample_site": cache(partial(sample_site, agent)),
    }


def _counts(asked: Asked) -> dict[str, str]:
    """What the tabs count, and what choosing *Snoozed* would show: behind the other filters, without the search."""
    plain = replace(asked.filters, q="")
    snoozed = plain.at("snoozed")
    each = (replace(plain, tab=""), replace(plain, tab="unread"), snoozed)
    every, unread, asleep = counts(map(asked.beside, each))
    return {"all_count": every, "unread_count": unread, "snoozed_count": asleep}


def _bar(asked: Asked) -> dict[str, Any]:
    """What the bar says of the filters: those that are on, and the view they are."""
    mine, own = saved.of(asked.agent), saved.canonical(asked.filters)
    return {
        "accounts": lambda: asked.accounts,  # asked only where nothing is shown
        "chips": chips.chips(asked),
        "view": mine.filter(query=own).first() if own else None,
    }


def _blank(agent: Agent) -> dict[str, Any]:
    """What the place without a thread says; looked up by the template, when it says it."""
    return {"has_any": visible(agent).exists, "sample_site": cache(partial(sample_site, agent))}


def _has_any(agent: Agent, page: Page) -> bool:
    return bool(page.rows) or visible(agent).exists()


def _thread(
    request: PartRequest, asked: Asked, conversation: Conversation, has: Has, covers: Covers, fresh: int | None
) -> dict[str, Any]:
    agent, now = asked.agent, asked.now
    members = list(_members(agent))
    names = {each.pk: str(each) for each in members}
    told = story.tell(conversation, now, since=whole(request.GET.get("from", "")), fresh=fresh, known=names)
    free = freely.read(conversation, now)
    return {
        "filters": asked.filters,
        "conversation": conversation,
        "story": told,
        "fresh": fresh,
        "clock": clock.read(conversation, covers),
        "freely": free,
        "answers": free is not None and not free.is_closed,
        "limits": freely.limits(conversation.account),
        "takes": freely.takes(conversation.account),
        "now": now,
        "members": members,
        "teams": _teams(agent),
        "contacts_owner": contacts_owner(conversation) if has.others else None,
        "holder": holder(conversation),
        "tags": tags_of([conversation.pk]).get(conversation.pk, ()) if has.tags else (),
        **person(agent, conversation, has),
    }


def _teams(agent: Agent) -> QuerySet[Team]:
    return Team.objects.filter(workspace_id=agent.workspace_id).order_by("name")[:200]


def _members(agent: Agent) -> QuerySet[Agent]:
    active = Agent.objects.filter(workspace_id=agent.workspace_id, is_active=True)
    return with_state(active).order_by("name", "email")[:200]
