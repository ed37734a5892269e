"""Contacts of whom the caller may see a conversation, or all: found, changed, noted, merged, blocked, erased."""

from __future__ import annotations

from django.db import transaction
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Router
from ninja.responses import Status as Answer

from bandeja.api import etags
from bandeja.api.access import ApiRequest, Token, acting, contact_or_404
from bandeja.api.access import contacts as contacts_in_reach
from bandeja.api.contact_shapes import (
    BlockOut,
    ContactDetail,
    ContactIn,
    ContactNoteIn,
    ContactOut,
    ContactPage,
    ErasedOut,
    MergedOut,
    MergeIn,
    NoteOut,
)
from bandeja.api.etags import IfMatch
from bandeja.api.models import Scope
from bandeja.api.problems import Problem, unfit
from bandeja.api.types import Cursor, Limit, Search, whole_cursor
from bandeja.conversations import contacts as verbs
from bandeja.conversations import merge as merging
from bandeja.conversations.erase import OutOfReach, erase, reachable
from bandeja.conversations.models import Contact, ContactNote
from bandeja.inbox import lookup
from bandeja.inbox.contact_form import ContactForm
from bandeja.inbox.person import removable
from bandeja.people.models import Permission

router = Router(tags=["contacts"])

READS = Token(Scope.READ_CONTACTS)
WRITES = Token(Scope.WRITE_CONTACTS)
ERASES = Token(Scope.WRITE_CONTACTS, Permission.ERASE_CONTACTS)


@router.get("", response=ContactPage, auth=READS)
def contacts(request: ApiRequest, q: Search = "", cursor: Cursor | None = None, limit: Limit = 50) -> ContactPage:
    """Those of whom you see a conversation, the newest first; with `q`, by name, e-mail or number as on screen.

    Who sees all conversations finds those who have none yet, too: whom a file of contacts brought.
    """
    found = contacts_in_reach(request)
    if q.strip():
        found = found.filter(pk__in=lookup.matching(request.auth.workspace.pk, q.strip()).values("pk"))
    if (before := whole_cursor(cursor)) is not None:
        found = found.filter(pk__lt=before)
    page = list(found.order_by("-pk")[: limit + 1])
    items = [ContactOut.of(each) for each in page[:limit]]
    return ContactPage(items=items, next=str(items[-1].id) if len(page) > limit else None)


@router.get("/{int:contact_id}", response=ContactDetail, auth=READS)
def contact(request: ApiRequest, response: HttpResponse, contact_id: int) -> ContactDetail:
    """One contact, with what is known of them. Its ETag goes into `If-Match` of a change."""
    return _told(contact_or_404(request, contact_id), response)


@router.patch("/{int:contact_id}", response=ContactDetail, auth=WRITES)
def change(
    request: ApiRequest,
    response: HttpResponse,
    contact_id: int,
    body: ContactIn,
    if_match: IfMatch = None,
) -> ContactDetail:
    """Change what is known of them. With `If-Match`, 412 when somebody changed them since: nothing is written."""
    contact_or_404(request, contact_id)
    with transaction.atomic():
        held = Contact.objects.select_for_update(no_key=True).get(pk=contact_id)
        etags.require(if_match, ContactDetail.whole(held))
        form = ContactForm(_typed(held, body), contact=held)
        unknown = [(f"fields.{key}", _("There is no such field.")) for key in body.fields if key not in form.fields]
        # What nobody sends is left as it came from a channel, fit for the form or not.
        sent = {
            name for name, value in body.dict(exclude={"fields"}).items() if value is not None
        } | body.fields.keys()
        for key in form.fields.keys() - sent:
            del form.fields[key]
        if unknown or not (form.is_valid() and form.save()):
            wrong = [(key, " ".join(map(str, said))) for key, said in form.errors.items()]
            raise unfit([*unknown, *((f"fields.{key}" if key.isdigit() else key, said) for key, said in wrong)])
    return _told(contact_or_404(request, contact_id), response)


@router.delete("/{int:contact_id}", response=ErasedOut, auth=ERASES)
def erasure(request: ApiRequest, contact_id: int) -> ErasedOut:
    """Erase them and all that was said, for ever. 403 unless you see all of their conversations."""
    found = contact_or_404(request, contact_id)
    if not reachable(found, request.auth.scope):
        raise _not_all_seen()
    try:
        erased = erase(contact_id, **acting(request))
    except OutOfReach:
        raise _not_all_seen() from None
    told = {name: getattr(erased, name) for name in ErasedOut.model_fields}
    return ErasedOut(**told)


@router.get("/{int:contact_id}/notes", response=list[NoteOut], auth=READS)
def notes(request: ApiRequest, contact_id: int) -> list[NoteOut]:
    """What people wrote down about them, the latest first, 100 at the most."""
    found = ContactNote.objects.filter(contact=contact_or_404(request, contact_id)).select_related("author")
    return [NoteOut.of(each) for each in found.order_by("-at", "-pk")[:100]]


@router.post("/{int:contact_id}/notes", response={201: NoteOut}, auth=WRITES)
def write_note(request: ApiRequest, contact_id: int, body: ContactNoteIn) -> Answer[NoteOut]:
    """Write something down about them."""
    found = contact_or_404(request, contact_id)
    try:
        return Answer(201, NoteOut.of(verbs.note(found, body.text, by=request.auth.by)))
    except verbs.BlankNote:
        raise unfit([("text", _("Write something first."))]) from None


@router.delete("/{int:contact_id}/notes/{int:note_id}", response={204: None}, auth=WRITES)
def take_note_away(request: ApiRequest, contact_id: int, note_id: int) -> Answer[None]:
    """Take a note away: your own, or anybody's for who may erase the contact."""
    found = contact_or_404(request, contact_id)
    get_object_or_404(removable(request.auth.person, found), pk=note_id).delete()
    return Answer(204, None)


@router.put("/{int:contact_id}/block", response=BlockOut, auth=WRITES)
def block(request: ApiRequest, contact_id: int) -> BlockOut:
    """From now on what they write is kept and opens nothing."""
    verbs.block(contact_or_404(request, contact_id).pk, by=request.auth.by)
    return BlockOut(blocked=True)


@router.delete("/{int:contact_id}/block", response=BlockOut, auth=WRITES)
def unblock(request: ApiRequest, contact_id: int) -> BlockOut:
    """What they write counts again, from now on."""
    verbs.unblock(contact_or_404(request, contact_id).pk, by=request.auth.by)
    return BlockOut(blocked=False)


@router.post("/{int:contact_id}/merge", response=MergedOut, auth=WRITES)
def merge(request: ApiRequest, contact_id: int, body: MergeIn) -> MergedOut:
    """Make another contact part of this one; it cannot be undone. 409 where it cannot be done now, and why."""
    contact_or_404(request, contact_id)
    contact_or_404(request, body.other_id)
    if contact_id == body.other_id:
        raise unfit([("other_id", _("A contact is no other than itself."))])
    try:
        merged = merging.merge(contact_id, body.other_id, theirs=set(body.theirs), **acting(request))
    except merging.OutOfReach:
        raise _not_all_seen() from None
    except merging.OneBlocked:
        raise Problem(409, _("One of them is blocked and the other is not. Decide that first.")) from None
    except (merging.Sending, merging.Changed):
        raise Problem(409, _("A message is on its way at this moment. Try again in a few seconds.")) from None
    stays = ContactDetail.whole(contact_or_404(request, contact_id))
    absorbed = {str(went): into for went, into in merged.absorbed.items()}
    return MergedOut(contact=stays, conversations=list(merged.conversations), absorbed=absorbed)


def _typed(held: Contact, body: ContactIn) -> QueryDict:
    """As if somebody had changed just that in the form."""
    before = verbs.details(held)
    said = {name: value for name, value in body.dict(exclude={"fields"}).items() if value is not None}
    typed = QueryDict(mutable=True)
    typed.update({**before, **said, **body.fields})
    typed.update({f"seen-{key}": value for key, value in before.items()})
    return typed


def _told(found: Contact, response: HttpResponse) -> ContactDetail:
    whole = ContactDetail.whole(found)
    response["ETag"] = etags.of(whole)
    return whole


def _not_all_seen() -> Problem:
    return Problem(403, _("Some of their conversations are out of your reach. Nothing was done."))
