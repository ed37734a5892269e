"""How mail leaves, in Django's terms."""

from typing import Any
from urllib.parse import unquote, urlsplit


def mail_settings(smtp_url: str, sender: str) -> dict[str, Any]:
    """Django's EMAIL_* settings; smtp: speaks STARTTLS unless on port 25, smtps: TLS at once."""
    if not smtp_url:
        return {"EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend", "DEFAULT_FROM_EMAIL": sender}
    parts = urlsplit(smtp_url)
    tls = parts.scheme == "smtps"
    port = parts.port or (465 if tls else 587)
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname or "",
        "EMAIL_PORT": port,
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": tls,
        "EMAIL_USE_TLS": not tls and port != 25,
        "EMAIL_TIMEOUT": 10,
        "DEFAULT_FROM_EMAIL": sender,
        "SERVER_EMAIL": sender,
    }
