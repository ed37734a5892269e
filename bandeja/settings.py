"""Django's settings; whatever an operator may change comes from bandeja.environment."""

from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from bandeja import environment
from bandeja.database import connection_settings
from bandeja.logs import logging_settings
from bandeja.mail import mail_settings
from bandeja.media.place import storage_settings
from bandeja.sso import provider_settings

PACKAGE = Path(__file__).resolve().parent
HOME = environment.HOME.value()
PUBLIC_URL = environment.public_url()
HTTPS = PUBLIC_URL.scheme == "https"

SECRET_KEY = environment.secret_key()
DEBUG = environment.DEBUG.value()
ALLOWED_HOSTS = sorted({PUBLIC_URL.hostname or "", environment.HOST.value(), "localhost", "127.0.0.1", "[::1]"})

INSTALLED_APPS = [
    "bandeja.people",
    "bandeja.channels",
    "bandeja.conversations",
    "bandeja.media",
    "bandeja.hours",
    "bandeja.closing",
    "bandeja.reports",
    "bandeja.attendance",
    "bandeja.mentions",
    "bandeja.quickreplies",
    "bandeja.flows",
    "bandeja.intake",
    "bandeja.bulk",
    "bandeja.realtime",
    "bandeja.inbox",
    "bandeja.imports",
    "bandeja.notifications",
    "bandeja.webhooks",
    "bandeja.widget",
    "bandeja.web",
    "bandeja.api",
    "bandeja.demo",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "csp",
    "django_htmx",
    "lucide",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "bandeja.web.smaller.SmallerPagesMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "bandeja.people.locale.AgentLocaleMiddleware",
    "bandeja.people.sessions.SeenMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "bandeja.api.frame.Frame",
]

ROOT_URLCONF = "bandeja.urls"
APPEND_SLASH = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES: dict[str, Any] = {"default": connection_settings()}

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# How often somebody tried to sign in is counted here. Of Django's usual 300 entries ordinary use, or a stranger with
# many addresses, crowds an attacked account's count out; 100,000 take 30 MB at the most.
CACHES: dict[str, Any] = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

# People. Who signs in, with what, and how often they may try (allauth limits attempts by address and e-mail).
AUTH_USER_MODEL = "people.Agent"
# E-mails are unique whatever their case, by an index on lower(email) that this check does not see.
SILENCED_SYSTEM_CHECKS = ["auth.W004"]
AUTHENTICATION_BACKENDS = ["bandeja.people.signedin.SignedIn", "allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/inbox"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "bandeja.people.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # nobody makes us write to strangers
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = (
    15 * 60
)  # seconds that a confirmed password or code is believed for what is sensitive
MFA_ADAPTER = "bandeja.people.adapter.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_ALLOW_UNVERIFIED_EMAIL = True  # nobody signs up by themselves: an address is the one that was invited
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_FORMS = {
    "add_webauthn": "bandeja.people.passkeys.AddForm",
    "login_webauthn": "bandeja.people.passkeys.LoginForm",
    "authenticate_webauthn": "bandeja.people.passkeys.AuthenticateForm",
    "reauthenticate_webauthn": "bandeja.people.passkeys.ReauthenticateForm",
}
SOCIALACCOUNT_ADAPTER = "bandeja.people.oidc.SocialAdapter"
SOCIALACCOUNT_LOGIN_ON_GET = True  # our policy lets no form of ours lead elsewhere, so a link does
SOCIALACCOUNT_PROVIDERS = provider_settings(
    environment.OIDC_ISSUER.value(),
    environment.OIDC_CLIENT_ID.value(),
    environment.OIDC_CLIENT_SECRET.value(),
    environment.OIDC_NAME.value(),
)
MFA_TOTP_TOLERANCE = 1  # a clock half a minute off
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS  # browsers themselves allow passkeys over http on localhost only

# What browsers are told. Nothing inline anywhere, nothing from elsewhere, in nobody's frame.
CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "media-src": [SELF, "blob:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SESSION_COOKIE_NAME = "bandeja_session"
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_NAME = "bandeja_csrf"
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = False  # scripts send it back in a header
CSRF_TRUSTED_ORIGINS = [f"{PUBLIC_URL.scheme}://{PUBLIC_URL.netloc}"]
LANGUAGE_COOKIE_NAME = "bandeja_language"
LANGUAGE_COOKIE_SAMESITE = "Lax"

LANGUAGE_CODE = environment.LANGUAGE.value()
LANGUAGES = [("es", _("Spanish")), ("en", _("English")), ("pt-br", _("Portuguese (Brazil)"))]
LOCALE_PATHS = [PACKAGE / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = HOME / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "bandeja.assets.AssetStorage",
    },
    "media": storage_settings(environment.MEDIA_URL.value(), HOME),
}
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_AUTOREFRESH = DEBUG

# A door's body limit is its own; a form of ours is never this large.
DATA_UPLOAD_MAX_MEMORY_SIZE = 3 * 1024 * 1024

LOGGING = logging_settings(environment.LOG.value())
LOGGING_CONFIG = "logging.config.dictConfig"
locals().update(mail_settings(environment.SMTP_URL.value(), environment.EMAIL_FROM.value()))

# What the product's own code asks for by name.
BANDEJA_OIDC_NAME = environment.OIDC_NAME.value() if SOCIALACCOUNT_PROVIDERS else ""
BANDEJA_TIME_ZONE = environment.TIME_ZONE.value()
BANDEJA_CONTACT_LINK = environment.CONTACT_LINK.value()
