"""The one settings file. Everything that differs between installations is read from the environment by `portal.env`."""

import sys
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from portal import env
from portal.base import languages

BASE_DIR = env.BASE_DIR
VAR = env.VAR

# -- What kind of installation -------------------------------------------------------------------------------------
DEBUG = False
TESTING = "pytest" in sys.modules
DEMO = env.flag("PORTAL_DEMO", False)
SECRET_KEY_FALLBACKS = env.words("PORTAL_SECRET_KEY_BEFORE")  # what was sealed under these can still be opened
SECRET_KEY = env.text("PORTAL_SECRET_KEY", "test-only" if TESTING or "collectstatic" in sys.argv else env._MISSING)
BASE_URL = env.text("PORTAL_BASE_URL", "http://localhost:8000")
PORTAL_NOW = env.text("PORTAL_NOW", "")
PORTAL_DEMO_TOTP = env.text("PORTAL_DEMO_TOTP", "")
if PORTAL_NOW and not (DEMO or TESTING):
    raise RuntimeError("PORTAL_NOW changes the portal's clock: it is for demos and tests only. Unset it, or set PORTAL_DEMO=1.")
ALLOWED_HOSTS = env.words("PORTAL_HOSTS", "localhost,127.0.0.1,[::1],testserver")
CSRF_TRUSTED_ORIGINS = [BASE_URL]
SECURE = BASE_URL.startswith("https://")
REQUEST_TARGET_WORKING_DAYS = int(env.text("PORTAL_REQUEST_TARGET_DAYS", "10"))  # the district's own target for an answer to a data request
DISTRICT_STATE = f"US-{env.text('PORTAL_STATE', 'WI')}"  # whose laws the checklist of a tool's review asks about

# -- What it is made of --------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "portal.base",
    "governance.trail",
    "governance.people",
    "governance.records",
    "governance.coverage",
    "governance.disclosures",
    "governance.packs",
    "governance.history",
    "governance.auditors",
    "governance.retention",
    "governance",
    "governance.audit",
    "governance.checkpoints",
    "governance.exports",
    "governance.alerts",
    "vendors",
    "breaches.reports",
    "breaches.readiness",
    "breaches.incidents",
    "breaches.clocks",
    "breaches.assessment",
    "breaches.affected",
    "breaches.notices",
    "breaches.remedies",
    "breaches.drills",
    "breaches.letters",
    "breaches.postings",
    "vendors.providers",
    "vendors.agreements",
    "vendors.reviews",
    "vendors.tool_requests",
    "vendors.ends",
    "vendors.company",
    "vendors.register",
    "vendors.spreadsheets",
    "vendors.folders",
    "vendors.discovery",
    "vendors.advice",
    "vendors.sharing",
    "vendors.oneroster",
    "vendors.ways",
    "vendors.drops",
    "vendors.earlier",
    "vendors.consents",
    "breaches",
    "portal.pages",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "django_htmx",
    "django_filters",
    "django_prometheus",
    "csp",
    "guardian",
    "auditlog",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.mfa",
]
MIDDLEWARE = [
    "portal.base.middleware.PublicPages",
    "csp.middleware.CSPMiddleware",
    "portal.base.middleware.Transport",
    "portal.base.middleware.RequestId",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "portal.base.middleware.SignInRequired",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "governance.trail.middleware.TrailContext",
    "governance.people.middleware.Policies",
    "governance.people.uploads.UploadQuota",
    "governance.auditors.middleware.ReadOnly",
    "portal.base.middleware.SecurityHeaders",
]
ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.pages.context.site",
            ],
            "builtins": ["portal.base.templatetags.portal", "django.templatetags.i18n", "django.templatetags.static"],
        },
    }
]

# -- Where it keeps things -----------------------------------------------------------------------------------------
# One alias a database login (docs/adr/0002). Web and worker have only the application's; PORTAL_LOGINS narrows a process to what it needs.
_LOGINS = {
    "default": "DATABASE_URL",
    "keeper": "PORTAL_KEEPER_DATABASE_URL",
    "sealer": "PORTAL_SEALER_DATABASE_URL",
    "owner": "PORTAL_OWNER_DATABASE_URL",
}
_WANTED = env.words("PORTAL_LOGINS", "default,keeper,sealer,owner")
DATABASES = {alias: found for alias, name in _LOGINS.items() if alias in _WANTED and (found := env.database(name))}
DATABASES.setdefault("default", {"ENGINE": "django.db.backends.dummy"})
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = env.redis("REDIS_URL", "redis://localhost:6379/0")
CACHES = {
    "default": {"BACKEND": "portal.base.cache.Forgiving", "LOCATION": REDIS_URL, "KEY_PREFIX": "portal"},
    "local": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
}
SESSION_ENGINE = "governance.people.sessions"
SESSION_COOKIE_AGE = 12 * 3600
# Over HTTPS browsers take a cookie of such a name from this very host alone, and never over plain HTTP.
_HOST_ONLY = "__Host-" if SECURE else ""
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME, LANGUAGE_COOKIE_NAME = (f"{_HOST_ONLY}{name}" for name in ("sessionid", "csrftoken", "language"))
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = SECURE
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # no word of a page in a cookie
CSRF_FAILURE_VIEW = "portal.pages.errors.csrf_failure"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
SCANNER = env.text("PORTAL_SCANNER", "")  # clamd, as tcp://host:3310 or unix:///folder/clamd.sock; empty where there is none
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
DROP = Path(env.text("PORTAL_DROP", VAR / "drop"))  # where scheduled files wait for old systems, a folder a tool
STATIC_ROOT = Path(env.text("PORTAL_STATIC_ROOT", VAR / "static"))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": VAR / "files"}},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if TESTING
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = TESTING
WHITENOISE_ALLOW_ALL_ORIGINS = False
FIRST_MAIL = env.mail("PORTAL_EMAIL_URL")
# A second server for the day on which the first one is down or is what was broken into; who switches and why: breaches.readiness.
SECOND_MAIL = env.mail("PORTAL_SECOND_EMAIL_URL") if env.text("PORTAL_SECOND_EMAIL_URL", "") else {}
SECOND_FROM_EMAIL = env.text("PORTAL_SECOND_FROM_EMAIL", "")
globals().update(FIRST_MAIL)
if SECOND_MAIL:
    EMAIL_BACKEND = "portal.base.mail.Chosen"
DEFAULT_FROM_EMAIL = env.text("PORTAL_FROM_EMAIL", "privacy@riverbend.example")
# How many notices of incidents go out in a minute, all drainers together; 0 for no limit.
NOTICES_PER_MINUTE = int(env.text("PORTAL_NOTICES_PER_MINUTE", "1200"))

# -- Who may come in -----------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = [
    "allauth.account.auth_backends.AuthenticationBackend",
    "guardian.backends.ObjectPermissionBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher", "django.contrib.auth.hashers.PBKDF2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "governance.people.passwords.NotOurWords"},
    {"NAME": "governance.people.passwords.NotBreached"},
]
# The file of breached passwords' hashes that the district downloaded (docs/security/README.md); empty where it has none.
BREACHED_PASSWORDS = env.text("PORTAL_BREACHED_PASSWORDS", "")
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/home/"
LOGOUT_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "governance.people.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_REAUTHENTICATION_REQUIRED = True
MFA_ADAPTER = "governance.people.adapter.SecondStepAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not SECURE
MFA_TOTP_ISSUER = "Student data portal"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
GUARDIAN_RAISE_403 = False
ANONYMOUS_USER_NAME = None

# -- What it writes down -------------------------------------------------------------------------------------------
AUDITLOG_LOGENTRY_MODEL = "trail.Entry"
AUDITLOG_DISABLE_REMOTE_ADDR = False
AUDITLOG_CID_GETTER = "governance.trail.context.request_id"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "portal.base.logs.JsonLines"}},
    "handlers": {"stdout": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stderr"}},
    "root": {"handlers": ["stdout"], "level": "WARNING" if TESTING else "INFO"},
    "loggers": {"django.server": {"level": "WARNING"}, "django.db.backends": {"level": "WARNING"}},
}

# -- What browsers are told ----------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'", *env.words("PORTAL_FORM_ORIGINS")],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "object-src": ["'none'"],
        "manifest-src": ["'self'"],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_SSL_REDIRECT = SECURE and env.flag("PORTAL_SSL_REDIRECT", True)
MACHINE_ADDRESSES = ("/oauth/", "/ims/", "/api/", "/trail/cosignature")  # over plain HTTP refused, not sent on
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.flag("PORTAL_BEHIND_PROXY", False) else None
TRUSTED_PROXIES = env.words("PORTAL_TRUSTED_PROXIES")
X_FRAME_OPTIONS = "DENY"

# -- Words and time ------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
languages.teach_django()
LANGUAGES = [("en", _("English")), ("es", _("Spanish")), ("hmn", _("Hmong"))]
LOCALE_PATHS = [BASE_DIR / "portal" / "locale"]
PUBLIC_PAGES = "portal.pages.public.prerendered"  # which pages portal.base.middleware.PublicPages keeps in memory
PUBLIC_PAGES_RECHECK_SECONDS = 0 if TESTING else 30  # how long an edited district fact may take to show
USE_TZ = True
TIME_ZONE = env.text("PORTAL_TIME_ZONE", "America/Chicago")

# -- Work in the background ----------------------------------------------------------------------------------------
CELERY_BROKER_URL = env.broker(REDIS_URL)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 3600
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Without max_retries a press that wakes a worker would wait six seconds for a broker that is away; the sweep finds the message anyway.
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_timeout": 2, "socket_connect_timeout": 2, "retry_on_timeout": False, "max_retries": 0}
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 0}
