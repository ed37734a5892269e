"""Hands a signed-in agent's page the token its stream asks for."""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from bandeja.people.models import Agent
from bandeja.realtime import tokens


@never_cache
@require_GET
def token(request: HttpRequest) -> JsonResponse:
    """A fresh token for `/events`; 401 rather than a sign-in page, because a script asks."""
    if not isinstance(request.user, Agent):
        return JsonResponse({"error": "signed_out"}, status=401)
    return JsonResponse({"token": tokens.of(request, request.user)})
