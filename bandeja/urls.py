"""Which page answers at which address."""

from django.urls import URLPattern, URLResolver, include, path

from bandeja.api.root import api
from bandeja.health import healthz

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz, name="healthz"),
    path("api/v1/", api.urls),
    path("", include("bandeja.people.urls")),
    path("", include("bandeja.inbox.settings.urls")),
    path("", include("bandeja.widget.urls")),
    path("accounts/", include("allauth.account.urls")),
    path("", include("bandeja.realtime.urls")),
    path("", include("bandeja.inbox.urls")),
    path("", include("bandeja.demo.urls")),
    path("settings/closing", include("bandeja.closing.urls")),
]
