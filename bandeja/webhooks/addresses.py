"""What an address that is to be called may be, as far as one sees without looking it up; calling looks again."""

from __future__ import annotations

import httpx
from django.utils.translation import gettext as _

from bandeja import environment, guard
from bandeja.webhooks.outside import is_address


def fault(url: str) -> str:
    """What is wrong with it, in a sentence; blank where nothing is."""
    if not is_address(url):
        return _("Write an address such as https://crm.example.com/bandeja.")
    parts = httpx.URL(url)
    if parts.userinfo:
        return _("Leave out the user and password: the signature proves that it is us.")
    if guard.origin(parts) in environment.WEBHOOK_HOSTS.value():
        return ""
    if parts.scheme != "https" or _is_ours(parts.host):
        return _("Only https addresses on the internet. For one of your own network, ask whoever runs Bandeja to name its host in BANDEJA_WEBHOOK_HOSTS.")  # fmt: skip  # noqa: E501  # one sentence
    return ""


def _is_ours(host: str) -> bool:
    """Whether it can be seen without looking it up that it lies in a private network."""
    try:
        return not guard.is_public(host)
    except ValueError:
        return "." not in host.rstrip(".")
