"""The contact of an open conversation: edit, note, block, hand out, erase. Found through the conversation."""

from __future__ import annotations

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bandeja.conversations import contacts
from bandeja.conversations.actor import Actor
from bandeja.conversations.erase import OutOfReach, erase, reachable
from bandeja.conversations.models import Conversation
from bandeja.conversations.scope import Scope
from bandeja.inbox import export
from bandeja.inbox.access import PartRequest, acting, conversation_or_404, page
from bandeja.inbox.answers import changed
from bandeja.inbox.contact_form import ContactForm
from bandeja.inbox.person import removable
from bandeja.people.clock import database_now
from bandeja.people.models import Agent, Permission


class NoteForm(forms.Form):
    """Something to keep in mind about a contact."""

    text = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=contacts.NOTE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 4, "autofocus": True}),
        help_text=gettext_lazy("Everybody who sees a conversation with them reads it. They do not."),
    )


@page("GET", "POST")
def details(request: PartRequest, agent: Agent, conversation_id: int) -> HttpResponse:
    """GET shows what is known, to be changed; POST writes what was."""
    conversation = conversation_or_404(agent, conversation_id)
    form = ContactForm(request.POST if request.method == "POST" else None, contact=conversation.contact)
    if form.is_valid() and form.save():
        return changed([conversation.pk], toast=_("Saved."))
    return _ask(request, "inbox/contact_form.html", conversation, form)


@page("GET", "POST")
def notes(request: PartRequest, agent: Agent, conversation_id: int) -> HttpResponse:
    """GET asks for a note; POST writes it down."""
    conversation = conversation_or_404(agent, conversation_id)
    form = NoteForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            contacts.note(conversation.contact, form.cleaned_data["text"], by=Actor.agent(agent))
        except contacts.BlankNote:
            form.add_error("text", _("Write something first."))
        else:
            return changed([conversation.pk])
    return _ask(request, "inbox/contact_note.html", conversation, form)


@page("DELETE")
def note(request: PartRequest, agent: Agent, conversation_id: int, note_id: int) -> HttpResponse:
    """Takes a note away."""
    conversation = conversation_or_404(agent, conversation_id)
    get_object_or_404(removable(agent, conversation.contact), pk=note_id).delete()
    return changed([conversation.pk], toast=_("The note is gone."))


@page("POST", "DELETE")
def block(request: PartRequest, agent: Agent, conversation_id: int) -> HttpResponse:
    """POST blocks the contact; DELETE lets them in again."""
    conversation = conversation_or_404(agent, conversation_id)
    contact, by = conversation.contact, Actor.agent(agent)
    if request.method == "DELETE":
        contacts.unblock(contact.pk, by=by)
        return changed([conversation.pk], toast=_("What %(name)s writes counts again.") % {"name": contact})
    contacts.block(contact.pk, by=by)
    undo = {"method": "DELETE", "url": request.path}
    said = _("%(name)s is blocked: what they write is kept, and opens nothing.") % {"name": contact}
    return changed([conversation.pk], toast=said, undo=undo)


@page("GET")
def document(request: PartRequest, agent: Agent, conversation_id: int) -> HttpResponse:
    """All that is kept of the contact, as a file to keep."""
    conversation = _erasable(agent, conversation_id)
    address = request.build_absolute_uri("/").rstrip("/")
    pieces = export.document(conversation.contact, at=database_now(), address=address)
    # Whole before it goes: half a document that breaks off would look like all of it.
    response = HttpResponse("".join(pieces), content_type="application/json; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="contact-{conversation.contact_id}.json"'
    return response


@page("GET", "POST")
def erasure(request: PartRequest, agent: Agent, conversation_id: int) -> HttpResponse:
    """GET says what would go and asks whether it is meant; POST erases it, for ever."""
    conversation = _erasable(agent, conversation_id)
    if request.method == "GET":
        kept = Conversation.objects.filter(contact=conversation.contact)
        return render(request, "inbox/erasure.html", {"conversation": conversation, "count": kept.count()})
    theirs = contacts.conversations_of(conversation.contact)
    try:
        erase(conversation.contact_id, **acting(agent))
    except OutOfReach:
        return changed([conversation.pk], toast=_("Nothing was erased: you do not see all of their conversations."))
    return changed(theirs, toast=_("Erased. Their files follow within two hours."), left=theirs)


def _erasable(agent: Agent, conversation_id: int) -> Conversation:
    """The conversation, for who may erase its contact and sees all of their conversations; 403, or 404."""
    conversation = conversation_or_404(agent, conversation_id)
    if not agent.may(Permission.ERASE_CONTACTS) or not reachable(conversation.contact, Scope.of(agent)):
        raise PermissionDenied
    return conversation


def _ask(request: PartRequest, template: str, conversation: Conversation, form: forms.Form) -> HttpResponse:
    context = {"conversation": conversation, "contact": conversation.contact, "form": form}
    return render(request, template, context, status=422 if form.is_bound else 200)
