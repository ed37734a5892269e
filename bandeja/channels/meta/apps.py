"""Meta's apps: one is the workspace's own, checked against Graph before it is kept."""

from __future__ import annotations

import secrets

from django.db import IntegrityError, transaction

from bandeja.channels.meta.found import meta_id, said
from bandeja.channels.meta.graph import facebook
from bandeja.channels.models import MetaApp
from bandeja.people import audit
from bandeja.people.models import Action, Agent, Subject, Workspace

KEY_BYTES = 12
VERIFY_BYTES = 24


class AppElsewhere(Exception):
    """That Meta app is kept by another workspace."""


def check(app_id: str, secret: str, graph_url: str = "") -> str:
    """The app's name, if the secret is its own. Raises what `Graph` raises; a wrong secret is Refused."""
    app_id = meta_id(app_id)
    answer = facebook(f"{app_id}|{secret.strip()}", graph_url).get(app_id, fields="id,name")
    return said(answer.get("name")) or app_id


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
