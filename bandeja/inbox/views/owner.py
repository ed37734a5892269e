"""Who has a conversation: given to a person, a team, the contact's owner or nobody, by a press or with a note."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from bandeja.conversations import lifecycle
from bandeja.conversations.lifecycle import Holder, Transferred
from bandeja.conversations.models import Conversation
from bandeja.inbox.access import PartRequest, acting, conversation_or_404, page
from bandeja.inbox.answers import changed
from bandeja.inbox.forms import OwnerForm
from bandeja.inbox.rows import visible
from bandeja.people.models import Agent


@page("GET", "POST")
def owner(request: PartRequest, agent: Agent, conversation_id: int) -> HttpResponse:
    """GET asks to whom, and what to say about it; POST gives it, unless somebody else did since it was looked at."""
    conversation = conversation_or_404(agent, conversation_id)
    if request.method == "GET":
        return _ask(request, agent, conversation)
    form = OwnerForm(request.POST, agent=agent)
    if not form.is_valid():
        return changed([conversation.pk], toast=_("They cannot have it: they are no longer here."))
    cleaned = form.cleaned_data
    outcome = lifecycle.transfer(
        [conversation.pk],
        form.to,
        seen=cleaned["seen"],
        note=cleaned["note"],
        unread=cleaned["unread"],
        **acting(agent),
    )
    if cleaned["note"] and not (outcome.changed or outcome.same):
        return _ask_again(request, agent, form, outcome, conversation.pk)
    return _told(request, agent, conversation, outcome)


def holder(conversation: Conversation) -> Holder:
    """Who has it."""
    return Holder(conversation.owner_id, conversation.team_id)


def contacts_owner(conversation: Conversation) -> Agent | None:
    """Who has the contact's other conversation that was written in last (`assign.sql`), if it is somebody else."""
    others = Conversation.objects.filter(contact_id=conversation.contact_id, owner__is_active=True)
    latest = others.exclude(pk=conversation.pk).select_related("owner").order_by("-last_message_at", "-pk").first()
    return latest.owner if latest and latest.owner_id != conversation.owner_id else None


def _ask(request: PartRequest, agent: Agent, conversation: Conversation) -> HttpResponse:
    form = OwnerForm(agent=agent, initial={"seen": holder(conversation)})
    return render(request, "inbox/transfer.html", {"conversation": conversation, "form": form})


def _ask_again(
    request: PartRequest, agent: Agent, refused: OwnerForm, outcome: Transferred, conversation_id: int
) -> HttpResponse:
    """Nothing was changed, and what was written stands: it is for them to say whether it still goes."""
    now = conversation_or_404(agent, conversation_id)
    kept = {name: refused[name].value() for name in ("owner", "note", "unread")}
    form = OwnerForm(agent=agent, initial={**kept, "seen": holder(now)})
    context = {"conversation": now, "form": form, "has_it": _name(now), "ownerless": outcome.ownerless}
    return render(request, "inbox/transfer.html", context, status=422)


def _told(request: PartRequest, agent: Agent, before: Conversation, outcome: Transferred) -> HttpResponse:
    """What became of it. Whoever gave away what they see no more leaves it, and cannot take it back."""
    now = visible(agent).filter(pk=before.pk).first()
    if now is None and not outcome.changed:
        return changed([before.pk], toast=_("Nothing was changed: it is no longer yours to give."), left=[before.pk])
    if now is None:
        return changed([before.pk], toast=_("Given away. You no longer see it."), left=[before.pk])
    if outcome.taken:
        return changed([now.pk], toast=_("Nothing was changed: %(name)s has it meanwhile.") % {"name": _name(now)})
    if outcome.ownerless:
        return changed([now.pk], toast=_("Nothing was changed: nobody has another conversation with this contact."))
    values = {"back": str(holder(before)), "seen": str(holder(now))}
    undo = {"method": "POST", "url": request.path, "values": values} if outcome.changed else None
    return changed([now.pk], toast=_("Now %(name)s has it.") % {"name": _name(now)}, undo=undo)


def _name(conversation: Conversation) -> str:
    """Who has it, in a sentence."""
    return str(conversation.owner or conversation.team or _("nobody"))
