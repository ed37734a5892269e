"""Who may have a file: whoever may see its conversation, and for an hour whoever was given its address."""

from __future__ import annotations

from typing import cast

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST, require_safe

from bandeja import environment
from bandeja.conversations.models import Attachment, Conversation, FileState
from bandeja.conversations.scope import Scope
from bandeja.media import links, serve
from bandeja.media.sizes import MEGABYTE
from bandeja.media.uploads import Unfit, hand_over, told, too_large
from bandeja.people.access import for_agents
from bandeja.people.models import Agent


class UploadForm(forms.Form):
    """A file, and where it is to be sent."""

    file = forms.FileField(allow_empty_file=True)
    conversation = forms.IntegerField(min_value=1)
    voice = forms.BooleanField(required=False)


@login_required
@require_safe
def file(request: HttpRequest, attachment_id: int) -> HttpResponseBase:
    """The file itself."""
    return serve.answer(request, serve.whole(_reachable(request, attachment_id)))


@login_required
@require_safe
def thumb(request: HttpRequest, attachment_id: int) -> HttpResponseBase:
    """The picture made small."""
    return serve.answer(request, serve.small(_reachable(request, attachment_id)))


@require_safe
def out(request: HttpRequest, token: str) -> HttpResponseBase:
    """The file, to a channel that was told this address; nobody on the way keeps it."""
    attachment_id = links.read(token)
    if attachment_id is None:
        raise Http404
    attachment = get_object_or_404(Attachment, pk=attachment_id, state=FileState.STORED)
    return serve.answer(request, serve.whole(attachment), cache=serve.NOBODYS)


@csrf_exempt
def uploads(request: HttpRequest) -> HttpResponse:
    """A file for a message still to be written; what is too large is refused before any of it is read.

    The check against forgery reads the form, and so the file: it waits until then.
    """
    length = int(request.META.get("CONTENT_LENGTH") or 0)
    if length > (environment.MEDIA_LIMIT.value() + 1) * MEGABYTE:
        return JsonResponse({"error": str(too_large(length))}, status=413)
    return _taken(request)


@for_agents()
@csrf_protect
@require_POST
def _taken(request: HttpRequest, agent: Agent) -> HttpResponse:
    """`file` for `conversation`, perhaps a `voice` note; answers what the composer shows and gives back (`token`)."""
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return JsonResponse({"error": _("Choose a file.")}, status=422)
    conversations = Scope.of(agent).filter(Conversation.objects.select_related("account"))
    conversation = get_object_or_404(conversations, pk=form.cleaned_data["conversation"])
    try:
        upload = hand_over(agent, form.cleaned_data["file"], conversation.account, voice=form.cleaned_data["voice"])
    except Unfit as unfit:
        return JsonResponse({"error": str(unfit)}, status=422)
    return JsonResponse(told(upload), status=201)


def _reachable(request: HttpRequest, attachment_id: int) -> Attachment:
    """A file of a conversation this person may see; 404 otherwise, as if it did not exist."""
    conversations = Scope.of(cast("Agent", request.user)).filter(Conversation.objects.all())
    stored = Attachment.objects.filter(state=FileState.STORED, conversation_id__in=conversations.values("pk"))
    return get_object_or_404(stored, pk=attachment_id)
