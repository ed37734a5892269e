"""What is said in a conversation: messages and notes, sending again, and templates."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from bandeja.channels import registry
from bandeja.channels.contract import State
from bandeja.channels.meta.advice import advice
from bandeja.channels.models import Template
from bandeja.channels.sending import Refused
from bandeja.channels.whatsapp import templates as whatsapp
from bandeja.conversations import lifecycle
from bandeja.conversations.models import Conversation
from bandeja.conversations.reply import FileRefused, NotAnswerable, Upload
from bandeja.inbox.access import PartRequest, acting, conversation_or_404, page
from bandeja.inbox.answers import changed
from bandeja.inbox.forms import MessageForm
from bandeja.inbox.offered import TemplateForm, found
from bandeja.media.uploads import NoUpload, Unfit, hand_over, take, token_of
from bandeja.mentions import naming
from bandeja.people.models import Agent


@page("POST")
def messages(request: PartRequest, agent: Agent, conversation_id: int) -> HttpResponse:
    """Reply to the contact, or write a note about them. What is refused is answered with why, as plain text."""
    conversation = conversation_or_404(agent, conversation_id)
    form = MessageForm(request.POST, channel=conversation.account.channel)
    if not form.is_valid():
        return _refused(" ".join(str(error) for errors in form.errors.values() for error in errors))
    if form.cleaned_data["uploads"] and registry.sender(conversation.account.channel) is None:
        return _refused(_("This channel takes no files yet."))
    if said := _why_not(conversation, agent, form.cleaned_data):
        return _refused(said)
    return changed([conversation.pk]) if request.htmx else redirect("inbox:thread", conversation.pk)


@page("GET", "POST")
def again(request: PartRequest, agent: Agent, conversation_id: int, message_id: int) -> HttpResponse:
    """GET asks whether to send once more what may have arrived; POST sends it."""
    conversation = conversation_or_404(agent, conversation_id)
    lost = conversation.messages.filter(state__in=[State.FAILED, State.UNKNOWN])
    if request.method == "GET":
        message = get_object_or_404(lost, pk=message_id)
        return render(request, "inbox/again.html", {"conversation": conversation, "message": message})
    message = get_object_or_404(conversation.messages, pk=message_id)
    try:
        is_sent = lifecycle.send_again(message.pk, **acting(agent))
    except lifecycle.WindowClosed as closed:
        return changed([conversation.pk], toast=too_late(closed))
    return changed([conversation.pk], toast="" if is_sent else _("It is on its way already."))


@page("GET")
def templates(request: PartRequest, agent: Agent, conversation_id: int) -> HttpResponse:
    """The approved templates of the account; with `q`, only those that say so."""
    conversation = conversation_or_404(agent, conversation_id)
    sought = request.GET.get("q", "")
    context = {"conversation": conversation, "templates": found(conversation.account, sought), "sought": sought}
    return render(request, "inbox/templates_found.html" if "q" in request.GET else "inbox/templates.html", context)


@page("GET", "POST")
def template(request: PartRequest, agent: Agent, conversation_id: int, template_id: int) -> HttpResponse:
    """GET asks for what it lacks and shows how it reads; POST sends it."""
    conversation = conversation_or_404(agent, conversation_id)
    chosen = get_object_or_404(whatsapp.approved(conversation.account), pk=template_id)
    posted = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = TemplateForm(*posted, template=chosen)
    if not form.is_valid() or not _send_template(agent, conversation, chosen, form):
        return _template(request, conversation, chosen, form)
    return changed([conversation.pk]) if request.htmx else redirect("inbox:thread", conversation.pk)


@page("GET")
def preview(request: PartRequest, agent: Agent, conversation_id: int, template_id: int) -> HttpResponse:
    """How a template reads with what is filled in so far."""
    conversation = conversation_or_404(agent, conversation_id)
    chosen = get_object_or_404(whatsapp.approved(conversation.account), pk=template_id)
    values = TemplateForm(request.GET, template=chosen).so_far
    return render(request, "inbox/template_preview.html", {"preview": whatsapp.preview(chosen, values)})


def too_late(closed: lifecycle.WindowClosed) -> str:
    """What to tell whoever writes when the window is closed."""
    if closed.has_templates:
        return _("The time to write freely is over. Choose a template, or wait until the contact writes again.")
    return _("This channel takes no more messages until the contact writes again.")


def _why_not(conversation: Conversation, agent: Agent, written: dict[str, Any]) -> str:
    """Write it, files and message in one transaction; answers why it was not, or nothing."""
    try:
        with transaction.atomic():
            uploads = [Upload(**asdict(take(token, agent, written["client_id"]))) for token in written["uploads"]]
            replied = lifecycle.reply(
                conversation.pk,
                written["text"],
                note=written["note"],
                client_id=written["client_id"],
                reply_to=None if written["note"] else written["reply_to"],
                uploads=uploads,
                **acting(agent),
            )
            if written["note"] and replied.written:
                naming.record(replied.message)
    except lifecycle.WindowClosed as closed:
        return too_late(closed)
    except NotAnswerable:
        return _("That message cannot be answered any more. Send yours without it.")
    except NoUpload:
        return _("One of the files is no longer here. Take it away and attach it again.")
    except FileRefused as refused:
        return _("This channel does not take %(name)s.") % {"name": refused.upload.name}
    return ""


def _send_template(agent: Agent, conversation: Conversation, chosen: Template, form: TemplateForm) -> bool:
    """Whether it goes, its header with it where that is a file; if not, the form says why."""
    client_id = form.cleaned_data["client_id"]
    if conversation.messages.filter(client_id=client_id).exists():
        return True
    try:
        data = {"template": whatsapp.fill(chosen, form.values, with_file=form.file is not None)}
        header = hand_over(agent, form.file, conversation.account, only=form.kind) if form.file else None
    except Refused as refused:
        form.add_error(None, advice(refused.told()))
        return False
    except Unfit as unfit:
        form.add_error("file", str(unfit))
        return False
    with transaction.atomic():
        taken = [take(token_of(header), agent, client_id)] if header else []
        uploads = [Upload(**asdict(each)) for each in taken]
        text = whatsapp.preview(chosen, form.values)
        lifecycle.reply(conversation.pk, text, data=data, uploads=uploads, client_id=client_id, **acting(agent))
    return True


def _template(request: PartRequest, conversation: Conversation, chosen: Template, form: TemplateForm) -> HttpResponse:
    said = whatsapp.preview(chosen, form.so_far)
    context = {"conversation": conversation, "template": chosen, "form": form, "preview": said}
    return render(request, "inbox/template.html", context, status=422 if form.is_bound else 200)


def _refused(said: str) -> HttpResponse:
    return HttpResponse(said, status=422, content_type="text/plain; charset=utf-8")
