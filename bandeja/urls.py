"""Which page answers at which address."""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.webauthn import views as passkeys
from django.urls import URLPattern, URLResolver, include, path, re_path

from bandeja.api.root import api
from bandeja.health import healthz
from bandeja.people.views import organisation

# Of allauth, the doors and the way back to a lost key: agents are invited, and change the rest in their profile.
ENTRANCE: list[URLPattern | URLResolver] = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("login/code/", mfa.authenticate, name="mfa_authenticate"),
    path("login/passkey/", passkeys.login_webauthn, name="mfa_login_webauthn"),
    path("oidc/<str:provider_id>/login/", organisation.login, name="openid_connect_login"),
    path("oidc/<str:provider_id>/login/callback/", organisation.callback, name="openid_connect_callback"),
    path("confirm/password/", account.reauthenticate, name="account_reauthenticate"),
    path("confirm/code/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("confirm/passkey/", passkeys.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("password/reset/", account.password_reset, name="account_reset_password"),
    path("password/reset/done/", account.password_reset_done, name="account_reset_password_done"),
    re_path(  # a key has hyphens too
        "^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[^/]+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz, name="healthz"),
    path("api/v1/", api.urls),
    path("", include("bandeja.people.urls")),
    path("", include("bandeja.inbox.settings.urls")),
    path("", include("bandeja.widget.urls")),
    path("accounts/", include(ENTRANCE)),
    path("", include("bandeja.realtime.urls")),
    path("", include("bandeja.inbox.urls")),
    path("", include("bandeja.notifications.urls")),
    path("", include("bandeja.web.urls")),
    path("media/", include("bandeja.media.urls")),
    path("", include("bandeja.demo.urls")),
    path("", include("bandeja.quickreplies.urls")),
    path("", include("bandeja.flows.urls")),
    path("", include("bandeja.imports.urls")),
    path("", include("bandeja.webhooks.urls")),
    path("", include("bandeja.api.urls")),
    path("settings/closing", include("bandeja.closing.urls")),
    path("settings/hours", include("bandeja.closing.calendar_urls")),
    path("reports/", include("bandeja.reports.urls")),
]

handler400 = "bandeja.api.problems.bad_request"
