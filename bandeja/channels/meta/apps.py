"""Meta's apps: one is the workspace's own, checked against Graph before it is kept."""

from __future__ import annotations

import secrets

from django.db import IntegrityError, transaction
from django.db.models import Q

from bandeja.channels.meta import faults
from bandeja.channels.meta.found import meta_id, said
from bandeja.channels.meta.graph import facebook
from bandeja.channels.meta.values import node
from bandeja.channels.models import MetaApp, Receipt
from bandeja.channels.sending import Fault, Refused
from bandeja.people import audit
from bandeja.people.models import Action, Agent, Subject, Workspace

KEY_BYTES = 12
VERIFY_BYTES = 24
_WAITING = Q(processed_at=None, parked_at=None)


class AppElsewhere(Exception):
    """That Meta app is kept by another workspace."""


class InUse(Exception):
    """Accounts are connected through the app, or what it delivered is still to be read."""


def check(app_id: str, secret: str, graph_url: str = "") -> str:
    """The app's name, if the secret is its own. Raises what `Graph` raises; a wrong secret is Refused."""
    app_id = meta_id(app_id)
    answer = facebook(f"{app_id}|{secret.strip()}", graph_url).get(app_id, fields="id,name")
    return said(answer.get("name")) or app_id


def require_own(app: MetaApp, token: str) -> None:
    """Refuse a token that was made for another app: what it subscribes to is delivered there, and never to us.

    Only asked of tokens that open something, and not of Instagram's own login, whose tokens Graph does not describe.
    Where Graph tells nothing of it the token is let be. Raises Refused, NotReached and Unanswered.
    """
    asked = facebook(f"{app.app_id}|{app.secret}", app.graph_url)
    try:
        told = node(asked.get("debug_token", input_token=token.strip()), "data")
    except Refused as refused:
        # "The App_id in the input_token did not match the Viewing App" has a bare 100.
        is_others = (refused.code, refused.subcode) == (100, None)
    else:
        is_others = said(told.get("app_id"), 40) not in {"", app.app_id}
    if is_others:
        raise Refused(Fault.CONTENT, text=faults.OTHER_APP)


def keep(
    workspace: Workspace,
    *,
    app_id: str,
    secret: str,
    instagram_secret: str = "",
    graph_url: str = "",
    by: Agent | None = None,
) -> MetaApp:
    """Check an app and keep it, with a callback key and a verify token of its own; or its new secrets, if it was.

    `instagram_secret` is the second secret of an app with Instagram's own login; it cannot be checked, and an empty
    one leaves what there was. Raises AppElsewhere, and what `check` raises.
    """
    name, app_id = check(app_id, secret, graph_url), meta_id(app_id)
    fresh = {"name": name, "secret": secret.strip(), "graph_url": graph_url}
    if instagram_secret:
        fresh["instagram_secret"] = instagram_secret.strip()
    tokens = {"key": secrets.token_urlsafe(KEY_BYTES), "verify_token": secrets.token_urlsafe(VERIFY_BYTES)}
    try:
        with transaction.atomic():
            app, made = MetaApp.objects.update_or_create(
                workspace=workspace, app_id=app_id, defaults=fresh, create_defaults={**fresh, **tokens}
            )
            action = Action.CREATED if made else Action.TOKEN_RENEWED
            audit.record(Subject.APP, app, action, workspace_id=workspace.pk, name=name, by=by)
            return app
    except IntegrityError as error:
        raise AppElsewhere(f"The app {app_id} is kept by another workspace.") from error


def remove(app: MetaApp, *, by: Agent | None = None) -> None:
    """Forget an app that no account is connected through, with its secrets, templates and what was set aside of it.

    Accounts that were keep their history; whoever connects one again does so by another app. Raises InUse.
    """
    with transaction.atomic():
        # Whoever connects an account through it waits here, and then finds it gone.
        MetaApp.objects.select_for_update().get(pk=app.pk)
        receipts = Receipt.objects.filter(app_id=app.pk)
        if app.accounts.filter(disconnected_at=None).exists() or receipts.filter(_WAITING).exists():
            raise InUse(f"The app {app.app_id} is still in use.")
        app.accounts.update(app=None)
        receipts.filter(parked_at__isnull=False).delete()
        audit.record(Subject.APP, app, Action.DELETED, workspace_id=app.workspace_id, name=app.name, by=by)
        app.delete()
