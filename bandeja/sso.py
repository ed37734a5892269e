"""The organisation's own sign-in, in allauth's terms."""

from typing import Any

PROVIDER = "sso"
"""What the one provider is called in addresses; its name for people is a setting."""


def provider_settings(issuer: str, client_id: str, secret: str, name: str) -> dict[str, Any]:
    """allauth's setting of the provider; nothing without an issuer."""
    app = {"provider_id": PROVIDER, "name": name, "client_id": client_id, "secret": secret}
    known = {"APPS": [{**app, "settings": {"server_url": issuer}}], "OAUTH_PKCE_ENABLED": True}
    return {"openid_connect": known} if issuer else {}
