"""What a request may do: by its token's scopes, by what its person's role allows, and by what they may see."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja.security import HttpBearer

from bandeja.api.callers import Caller
from bandeja.api.models import Scope as TokenScope
from bandeja.api.problems import Problem
from bandeja.conversations.models import Contact, Conversation
from bandeja.people.models import Permission


class ApiRequest(HttpRequest):
    """A request as `frame` hands it on: who asks, None for whom it does not know, and what was sent, parsed."""

    caller: Caller | None
    parsed: Any
    auth: Caller


class Token(HttpBearer):
    """Lets in who has a token with a scope, and perhaps a role with a permission; views find them as `request.auth`.

    The token of an account reaches only what `accounts` opens to it.
    """

    def __init__(self, scope: TokenScope, permission: Permission | None = None, *, accounts: bool = False) -> None:
        super().__init__()
        self.scope, self.permission, self._accounts = scope, permission, accounts

    def __call__(self, request: HttpRequest) -> Caller | None:
        caller: Caller | None = getattr(request, "caller", None)
        if caller is not None:
            self._require(caller)
        return caller

    def authenticate(self, request: HttpRequest, token: str) -> None:
        """Nothing to do: `frame` has looked it up."""

    def _require(self, caller: Caller) -> None:
        if caller.account is not None:
            if not self._accounts:
                raise Problem(403, _("The token of an account reaches its conversations only."))
            return
        require_scope(caller, self.scope)
        if self.permission and not caller.person.may(self.permission):
            raise Problem(403, _("The role of %(name)s does not allow it.") % {"name": caller.person})


def require_scope(caller: Caller, scope: TokenScope) -> None:
    """Refuse the token of a person that was made without this scope: 403."""
    if scope not in caller.scopes:
        raise Problem(403, _("This token lacks the scope %(scope)s.") % {"scope": scope.value})


def acting(request: ApiRequest) -> dict[str, Any]:
    """Within what, and as whom, a verb is called."""
    return {"scope": request.auth.scope, "by": request.auth.by}


def reach(request: ApiRequest) -> QuerySet[Conversation]:
    """The conversations this token reaches, with what is shown of them."""
    shown = Conversation.objects.select_related("contact", "account", "owner", "team")
    return request.auth.scope.filter(shown.prefetch_related("contact__identities"))


def conversation_or_404(request: ApiRequest, conversation_id: int) -> Conversation:
    return get_object_or_404(reach(request), pk=conversation_id)


def contacts(request: ApiRequest) -> QuerySet[Contact]:
    """The contacts of whom the caller may see a conversation; who sees all reaches those without one as well."""
    everybody = Contact.objects.filter(workspace_id=request.auth.workspace.pk)
    if request.auth.scope.is_whole:
        return everybody
    return everybody.filter(pk__in=request.auth.scope.filter(Conversation.objects.all()).values("contact"))


def contact_or_404(request: ApiRequest, contact_id: int) -> Contact:
    return get_object_or_404(contacts(request), pk=contact_id)
