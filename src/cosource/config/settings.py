"""Django's settings, worked out from the environment.

Here: which apps, in which order, with which guards. Not here: what an installation may choose (environment.py declares that,
once) and how an address becomes a dictionary (addresses.py).
"""

import os
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _

from cosource.config import environment as env
from cosource.config.addresses import database_of, mailers_of
from cosource.config.keys import keys_load
from cosource.config.logs import logging_of

# -- what the installation chose

DATA_DIR = env.DATA_DIR.read(os.environ)
DATABASE_URL = env.DATABASE_URL.read(os.environ, default=f"sqlite:///{DATA_DIR / 'cosource.sqlite3'}")
BIND = env.BIND.read(os.environ)
BASE_URL = env.BASE_URL.read(os.environ, default=env.default_base_url(BIND))
TRUSTED_PROXY_NETWORKS = env.TRUSTED_PROXY.read(os.environ)
ALLOWED_HOSTS = list(env.ALLOWED_HOSTS.read(os.environ) or env.default_hosts(BASE_URL))
SECRETS_FILE = env.SECRETS_FILE.read(os.environ, default=str(DATA_DIR / "secrets.json"))
IMPORT_MAX_BYTES = env.IMPORT_MAX_BYTES.read(os.environ)
UPLOAD_MAX_BYTES = env.UPLOAD_MAX_BYTES.read(os.environ)
DEBUG = env.DEBUG.read(os.environ)

DATA_DIR.mkdir(parents=True, exist_ok=True)
SPOOL_DIR = DATA_DIR / "spool"
# What is learned from tickets; it is learned anew where it is lost.
LEARNED_DIR = DATA_DIR / "learned"
FILES_DIR = DATA_DIR / "files"
FACTS_DIR = env.FACTS_DIR.read(os.environ, default=str(DATA_DIR / "facts"))
FACTS_MEMORY_MB = env.FACTS_MEMORY_MB.read(os.environ)
FACTS_THREADS = env.FACTS_THREADS.read(os.environ)
FILES_URL = env.FILES_URL.read(os.environ)
FILES_ENDPOINT = env.FILES_ENDPOINT.read(os.environ)
FILES_REGION = env.FILES_REGION.read(os.environ)
FILES_KEY_ID = env.FILES_KEY_ID.read(os.environ)
FILES_SECRET_KEY = env.FILES_SECRET_KEY.read(os.environ)
FILE_MAX_BYTES = env.FILE_MAX_BYTES.read(os.environ)
FILES_PER_MESSAGE = env.FILES_PER_MESSAGE.read(os.environ)
SPOOL_DIR.mkdir(exist_ok=True)
FILES_DIR.mkdir(exist_ok=True)

# -- secrets

_keys = keys_load(SECRETS_FILE)
SECRET_KEY, *SECRET_KEY_FALLBACKS = _keys.signing
# For MultiFernet: the first one writes, all of them read.
FIELD_ENCRYPTION_KEYS = _keys.field

# -- the house

INSTALLED_APPS = [
    # The shell's templates win over those of the apps below it.
    "cosource.shell",
    "cosource.allocation",
    "cosource.metrics",
    "cosource.bridges",
    "cosource.tickets",
    "cosource.knowledge",
    "cosource.agreements",
    "cosource.assets",
    "cosource.parties",
    "cosource.calendars",
    "cosource.foundation",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "axes",
    "django_htmx",
]

MIDDLEWARE = [
    "cosource.foundation.web.metrics.MetricsMiddleware",
    "cosource.config.proxy.TrustedProxyMiddleware",
    "cosource.foundation.api.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "cosource.parties.web.sessions.SessionLimitsMiddleware",
    "cosource.parties.web.actor.ActorMiddleware",
    "cosource.shell.web.refusals.RefusalMiddleware",
    "cosource.parties.web.signin_away.SignInServerAwayMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    # Last, so that it sees the answer to a failed sign-in before anything else does.
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "cosource.config.urls"
WSGI_APPLICATION = "cosource.config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "cosource.shell.web.context.frame",
            ],
        },
    }
]

FORM_RENDERER = "cosource.foundation.form_renderer.HouseForms"
CSRF_FAILURE_VIEW = "cosource.shell.web.errors.csrf_failure"

# -- data

DATABASES = {"default": database_of(DATABASE_URL)}
# The sign-in counts its attempts and notes the codes that were used in the first: another process, or a restart, forgets none.
CACHES = {
    "default": {"BACKEND": "cosource.foundation.shared_cache.SharedCache"},
    "process": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    },
}
FILE_UPLOAD_TEMP_DIR = str(SPOOL_DIR)
MEDIA_ROOT = str(FILES_DIR)

TASKS = {"default": {"BACKEND": "cosource.foundation.tasks.DueWorkBackend"}}

# -- languages and times; a person's own come with the person

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("de", _("German"))]
LOCALE_PATHS = [Path(__file__).parent.parent / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# -- people

AUTH_USER_MODEL = "parties.Person"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
# A session ends four hours after its last use, and a week after it began.
SESSION_ENGINE = "cosource.parties.web.session_store"
SESSION_COOKIE_AGE = 7 * 24 * 3600
SESSION_IDLE_SECONDS = 4 * 3600
SESSION_NOTE_SECONDS = 300
ACCOUNT_ADAPTER = "cosource.parties.web.signin.AccountAdapter"
ACCOUNT_FORMS = {"reset_password": "cosource.parties.web.signin.QueuedResetForm"}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = "Cosource: "
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
# By address, an office behind one address included. Wrong passwords by account and address are counted below, in the database.
ACCOUNT_RATE_LIMITS = {"login": "60/m/ip", "login_failed": "60/m/ip,50/900s/key"}
SOCIALACCOUNT_ADAPTER = "cosource.parties.web.signin.SocialAdapter"
SOCIALACCOUNT_REQUESTS_TIMEOUT = 5
MFA_ADAPTER = "cosource.parties.web.signin.MfaAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = BASE_URL.startswith("http://")
MFA_TOTP_ISSUER = "Cosource"
MFA_TOTP_TOLERANCE = 1
# Noted every few minutes by the sessions' own guard: a write with every page would be one too many.
USERSESSIONS_TRACK_ACTIVITY = False
# Tokens live for half an hour, at most (links in mails are signed with the secret key above).
PASSWORD_RESET_TIMEOUT = 1800
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "cosource.parties.web.signin.locked_out"
AXES_USERNAME_CALLABLE = "cosource.parties.web.signin.attempted_address"
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
# Networks that are not public and may be asked all the same, such as that of an organization's own sign-in server.
PRIVATE_TARGETS = env.PRIVATE_TARGETS.read(os.environ)

# -- programs

METRICS_TOKEN = env.METRICS_TOKEN.read(os.environ)
API_PER_MINUTE = env.API_PER_MINUTE.read(os.environ)

# -- pages that keep themselves up to date

LIVE_STREAMS = env.LIVE_STREAMS.read(os.environ)
UNDO_SEND_SECONDS = env.UNDO_SEND_SECONDS.read(os.environ)

# -- the wire

_https = BASE_URL.startswith("https://")
_address = urlsplit(BASE_URL)
# Browsers send cookies to every port of a host: installations side by side need names of their own.
_cookie_prefix = "__Host-cosource" if _https else f"cosource{_address.port or 80}"

CSRF_TRUSTED_ORIGINS = [BASE_URL]
CSRF_COOKIE_NAME = f"{_cookie_prefix}-csrf"
CSRF_COOKIE_SECURE = _https
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_NAME = f"{_cookie_prefix}-session"
SESSION_COOKIE_SECURE = _https
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_NAME = f"{_cookie_prefix}-language"
LANGUAGE_COOKIE_SECURE = _https
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
HAT_COOKIE_NAME = f"{_cookie_prefix}-acting-for"
SECURE_HSTS_SECONDS = 31_536_000 if _https else 0
SECURE_SSL_REDIRECT = _https and bool(TRUSTED_PROXY_NETWORKS)
SECURE_REDIRECT_EXEMPT = [r"^healthz?$"]
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if TRUSTED_PROXY_NETWORKS:
    # TrustedProxyMiddleware has removed these headers unless a proxy of ours wrote them.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    USE_X_FORWARDED_HOST = True
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "manifest-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}

# -- static files, mail, logs

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "cosource.config.static.StaticStorage"},
}
WHITENOISE_USE_FINDERS = not (STATIC_ROOT / "staticfiles.json").exists()
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_ALLOW_ALL_ORIGINS = False
MAILERS = mailers_of(env.EMAIL_URL.read(os.environ), folder=DATA_DIR / "mail")
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.EMAIL_FROM.read(os.environ)
REPLY_MAILBOX = env.REPLY_MAILBOX.read(os.environ)
LOGGING = logging_of(env.LOG_FORMAT.read(os.environ), env.LOG_LEVEL.read(os.environ))
