"""Tokens: who speaks, for what; asking about them, refreshing and revoking."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from bandeja.standin import errors
from bandeja.standin.wire import Answer, Request, answer
from bandeja.standin.world import DAY, App, Json, Token, World

SCOPES = {
    "SYSTEM_USER": ("whatsapp_business_management", "whatsapp_business_messaging"),
    "PAGE": ("pages_messaging", "pages_manage_metadata", "pages_read_engagement", "instagram_manage_messages"),
    "INSTAGRAM": ("instagram_business_basic", "instagram_business_manage_messages"),
}
LONG = 60 * DAY  # an Instagram token lives so long, and may be refreshed once it is a day old
PREFIXES = {"SYSTEM_USER": "EAAG", "PAGE": "EAAP", "INSTAGRAM": "IGAA"}


def issue(
    world: World, kind: str, app_id: str, subjects: set[str], value: str = "", *, days: float | None = None
) -> Token:
    """A token for these objects; one that is known is good again."""
    value = value or PREFIXES[kind] + secrets.token_hex(40)
    lives = days * DAY if days is not None else (LONG if kind == "INSTAGRAM" else None)
    expires = world.now + lives if lives is not None else None
    known = world.tokens.get(value)
    token = Token(
        value, kind, app_id, subjects | (known.subjects if known else set()), SCOPES[kind], world.now, expires
    )
    world.tokens[value] = token
    return token


def speaker(world: World, request: Request) -> Token:
    """Who calls. Raises GraphError when there is no token, or none that is good."""
    if not request.bearer:
        raise errors.token_missing()
    if "|" in request.bearer:
        return _of_app(world, request.bearer)
    token = world.tokens.get(request.bearer)
    if token is None:
        raise errors.token_malformed()
    dead = _death(world, token)
    if dead:
        raise errors.token_dead(dead)
    _check_proof(world.app(token.app_id), request)
    return token


def app_of(world: World, token: Token) -> App:
    return world.app(token.app_id)


def debug(world: World, request: Request) -> Answer:
    """`GET /debug_token`: what a token is good for, told to its own app."""
    caller = speaker(world, request)
    asked = request.query.get("input_token", "")
    if not asked:
        raise errors.invalid("The parameter input_token is required.")
    if "|" in asked:
        app = app_of(world, _of_app(world, asked))
        data = {"app_id": app.id, "type": "APP", "application": app.name, "is_valid": True, "scopes": []}
        return answer({"data": data})
    token = world.tokens.get(asked)
    if token is None or token.app_id != caller.app_id:
        raise errors.invalid("The access token could not be decrypted, or belongs to another app.")
    return answer({"data": _described(world, token)})


def refresh(world: World, request: Request) -> Answer:
    """`GET /refresh_access_token`: sixty days more for an Instagram token that is a day old and still good."""
    token = speaker(world, request)
    if request.query.get("grant_type") != "ig_refresh_token":
        raise errors.invalid("Param grant_type must be ig_refresh_token")
    if token.kind != "INSTAGRAM":
        raise errors.token_malformed()
    if world.now < token.issued_at + DAY:
        raise errors.invalid("The access token must be at least 24 hours old to be refreshed.")
    new = issue(world, token.kind, token.app_id, set(token.subjects))
    return answer(
        {
            "access_token": new.value,
            "token_type": "bearer",
            "expires_in": int(LONG),
            "permissions": ",".join(new.scopes),
        }
    )


def for_app(world: World, request: Request) -> Answer:
    """`GET /oauth/access_token` with the app's own id and secret."""
    given = request.params
    app = world.apps.get(str(given.get("client_id", "")))
    if app is None:
        raise errors.GraphError(
            101, "Error validating application. Cannot get application info due to a system error."
        )
    if given.get("grant_type") != "client_credentials":
        raise errors.invalid("Param grant_type must be client_credentials")
    if not hmac.compare_digest(str(given.get("client_secret", "")), app.secret):
        raise errors.GraphError(1, "Error validating client secret.")
    return answer({"access_token": f"{app.id}|{app.secret}", "token_type": "bearer"})


def _death(world: World, token: Token) -> int:
    """The subcode it is refused with; 0 while it is good."""
    has_expired = token.expires_at is not None and token.expires_at <= world.now
    return token.dead or (463 if has_expired else 0)


def _of_app(world: World, written: str) -> Token:
    """The app speaks for itself with `id|secret`."""
    app_id, _, secret = written.partition("|")
    app = world.apps.get(app_id)
    if app is None:
        raise errors.GraphError(190, "Invalid application ID.", status=400)
    if not hmac.compare_digest(secret, app.secret):
        raise errors.GraphError(190, "Invalid OAuth access token signature.", status=400)
    return Token(written, "APP", app_id, {app_id}, (), world.now)


def _check_proof(app: App, request: Request) -> None:
    proof = request.query.get("appsecret_proof")
    if proof and proof != hmac.new(app.secret.encode(), request.bearer.encode(), hashlib.sha256).hexdigest():
        raise errors.GraphError(100, "Invalid appsecret_proof provided in the API argument")


def _described(world: World, token: Token) -> Json:
    told: Json = {
        "app_id": token.app_id,
        "type": "USER" if token.kind == "INSTAGRAM" else token.kind,
        "application": world.app(token.app_id).name,
        "issued_at": int(token.issued_at),
        "expires_at": int(token.expires_at or 0),
        "data_access_expires_at": 0,
    }
    dead = _death(world, token)
    if dead:
        reason = {"code": 190, "message": str(errors.token_dead(dead)), "subcode": dead}
        return {**told, "error": reason, "is_valid": False, "scopes": []}
    granular = [{"scope": scope, "target_ids": sorted(token.subjects)} for scope in token.scopes]
    return {**told, "is_valid": True, "scopes": list(token.scopes), "granular_scopes": granular}
