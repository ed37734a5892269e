"""The settings of quick replies: everybody's, and one's own."""

from __future__ import annotations

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from bandeja.people.access import for_agents
from bandeja.people.models import Agent
from bandeja.quickreplies.finding import changeable, within_reach
from bandeja.quickreplies.forms import QuickReplyForm
from bandeja.quickreplies.models import QuickReply
from bandeja.quickreplies.variables import VARIABLES


@require_GET
@for_agents()
def replies(request: HttpRequest, agent: Agent) -> HttpResponse:
    """Those the agent has; those they may change lead to where that is done."""
    mine = set(changeable(agent).values_list("pk", flat=True))
    return render(request, "quickreplies/replies.html", {"replies": within_reach(agent), "changeable": mine})


@require_http_methods(["GET", "POST"])
@for_agents()
def new(request: HttpRequest, agent: Agent) -> HttpResponse:
    """Keep another one."""
    return _edit(request, agent, None)


@require_http_methods(["GET", "POST"])
@for_agents()
def reply(request: HttpRequest, agent: Agent, reply_id: int) -> HttpResponse:
    """Change one."""
    return _edit(request, agent, get_object_or_404(changeable(agent), pk=reply_id))


@require_POST
@for_agents()
def deletion(request: HttpRequest, agent: Agent, reply_id: int) -> HttpResponse:
    """Forget one; what was sent with it stays."""
    mine = get_object_or_404(changeable(agent), pk=reply_id)
    mine.delete()
    messages.success(request, _("“%(reply)s” was removed.") % {"reply": mine})
    return redirect("settings_replies")


def _edit(request: HttpRequest, agent: Agent, kept: QuickReply | None) -> HttpResponse:
    form = QuickReplyForm(request.POST if request.method == "POST" else None, agent=agent, reply=kept)
    if form.is_valid() and (saved := _save(agent, form, kept)):
        messages.success(request, _("“%(reply)s” was saved.") % {"reply": saved})
        return redirect("settings_replies")
    context = {"form": form, "reply": kept, "variables": VARIABLES}
    return render(request, "quickreplies/reply.html", context, status=422 if form.is_bound else 200)


def _save(agent: Agent, form: QuickReplyForm, kept: QuickReply | None) -> QuickReply | None:
    """As kept; None where somebody kept the same word in this instant, and the form says so."""
    reply = kept or QuickReply(workspace_id=agent.workspace_id)
    reply.agent, reply.word, reply.text = form.owner, form.cleaned_data["word"], form.cleaned_data["text"]
    try:
        with transaction.atomic():
            reply.save()
    except IntegrityError:
        form.add_error("word", _("There is one with this word already."))
        return None
    return reply
