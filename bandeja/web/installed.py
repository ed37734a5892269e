"""What makes the site something to install: its manifest, its service worker, the page without a connection."""

from __future__ import annotations

from hashlib import sha256

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

KEPT = (
    "web/js/theme.js",
    "web/img/mark.svg",
    "web/css/reset.css",
    "web/css/tokens.css",
    "web/css/base.css",
    "web/css/components/button.css",
    "web/css/screens/entrance.css",
)
"""What the page without a connection is drawn with."""


@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    """What a telephone shows once it is on its home screen."""
    said = {
        "id": "/",
        "name": "Bandeja",
        "short_name": "Bandeja",
        "description": str(_("Your team's shared inbox")),
        "lang": get_language(),
        "start_url": reverse("inbox:inbox"),
        "scope": "/",
        "display": "standalone",
        "theme_color": "#fbfcfe",
        "background_color": "#fbfcfe",
        "icons": [
            {"src": static("web/img/icon-192.png"), "sizes": "192x192", "type": "image/png"},
            {"src": static("web/img/icon-512.png"), "sizes": "512x512", "type": "image/png"},
            {
                "src": static("web/img/icon-maskable.png"),
                "sizes": "512x512",
                "type": "image/png",
                "purpose": "maskable",
            },
        ],
    }
    return JsonResponse(said, content_type="application/manifest+json")


@require_safe
@cache_control(no_cache=True)
def service_worker(request: HttpRequest) -> HttpResponse:
    """At the root, so that every page is in its reach; another version whenever what it keeps changes."""
    kept = [static(path) for path in KEPT]
    name = sha256("\n".join([*kept, str(get_language())]).encode()).hexdigest()[:16]
    context = {
        "name": name,
        "kept": kept,
        "offline": reverse("offline"),
        "icon": static("web/img/icon-192.png"),
        "badge": static("web/img/badge.png"),
    }
    return render(request, "web/sw.js", context, content_type="text/javascript; charset=utf-8")


@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """What is shown in place of a page that could not be reached."""
    return render(request, "web/offline.html")
