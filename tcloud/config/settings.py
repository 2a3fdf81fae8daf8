"""All configuration, from the environment only; every error is reported at once.

Three profiles (TCLOUD_PROFILE): `production` (the default, nothing has a default that would be unsafe),
`demo` (everything on one machine, beside the simulators) and `examination` (demo plus the examiner's door).
"""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

from tcloud.config.environment import Environment
from tcloud.config.profile import problems_of_examination, problems_of_production, refuse_to_start, secret_from_file
from tcloud.core.profile import Profile

env = Environment()  # collects what cannot be read; the last lines of this file report everything together

SAID_PROFILE = env.profile("TCLOUD_PROFILE")
PROFILE = SAID_PROFILE or Profile.PRODUCTION
DEMO = PROFILE is not Profile.PRODUCTION
PACKAGE = Path(__file__).resolve().parent.parent
DATA = Path(env.str("TCLOUD_DATA", ".tcloud")).resolve()


# Addresses --------------------------------------------------------------------------------------------------
WEB_PORT = env.port("TCLOUD_WEB_PORT", 8000)
EVENTS_PORT = env.port("TCLOUD_EVENTS_PORT", 8001)
CA_URL = f"http://127.0.0.1:{env.port('TCLOUD_CA_PORT', 8010)}"
PUBLIC_URL = env.str("TCLOUD_PUBLIC_URL", f"http://localhost:{WEB_PORT}" if DEMO else "").rstrip("/")
EVENTS_URL = env.str("TCLOUD_EVENTS_URL", f"http://localhost:{EVENTS_PORT}" if DEMO else PUBLIC_URL).rstrip("/")
# Server-to-server callbacks: gateways' simulators reach us at a plain loopback address.
CALLBACK_URL = env.str("TCLOUD_CALLBACK_URL", f"http://127.0.0.1:{WEB_PORT}" if DEMO else PUBLIC_URL).rstrip("/")
CARD_READER_ORIGIN = env.str(
    "TCLOUD_CARD_READER_ORIGIN", f"http://localhost:{env.port('TCLOUD_CARD_READER_PORT', 61161)}"
)
ECPAY_URL = env.str(
    "TCLOUD_ECPAY_URL",
    f"http://127.0.0.1:{env.port('TCLOUD_ECPAY_PORT', 8020)}" if DEMO else "https://payment.ecpay.com.tw",
)
# The most NT$ a Web ATM payment may carry; the gateway publishes no figure (0: no limit known).
ECPAY_WEBATM_LIMIT = env.int("TCLOUD_ECPAY_WEBATM_LIMIT", 0) or None
COMPANY_REGISTRY_URL = env.str(
    "TCLOUD_COMPANY_REGISTRY_URL",
    f"http://127.0.0.1:{env.port('TCLOUD_REGISTRY_PORT', 8030)}" if DEMO else "https://data.gcis.nat.gov.tw",
)
# The business data set's filter field differs between clients that were seen; the operator can change it.
GCIS_BUSINESS_FILTER_FIELD = env.str("TCLOUD_GCIS_BUSINESS_FILTER_FIELD", "President_No")
MAILBOX_URL = f"http://127.0.0.1:{env.port('TCLOUD_MAILBOX_PORT', 8040)}" if DEMO else None
TSA_URL = env.str("TCLOUD_TSA_URL", f"{CA_URL}/tsa" if DEMO else "")
TRUST_ROOTS = env.list("TCLOUD_TRUST_ROOTS", [str(DATA / "ca" / "root.crt")] if DEMO else [])
# Both generations of the authority carry one name; a chain is built by key, so both are loaded.
TRUST_INTERMEDIATES = env.list(
    "TCLOUD_TRUST_INTERMEDIATES",
    [str(DATA / "ca" / f"moeaca-{generation}.crt") for generation in ("g2", "g3")] if DEMO else [],
)
# Roots of the time-stamp service; the same government root unless another is named.
TSA_ROOTS = env.list("TCLOUD_TSA_ROOTS", TRUST_ROOTS)
# Organisation certificates of vendors that sign by accepting: <統一編號>.p12, all under one password. Empty: none kept.
KEY_STORE_FOLDER = env.str("TCLOUD_KEY_STORE", str(DATA / "ca" / "organisations") if DEMO else "")
KEY_STORE_PASSWORD = env.str("TCLOUD_KEY_STORE_PASSWORD", "demo" if DEMO else "")
# Policies a card's certificate may name; assurance level 3 of the government's hierarchy.
CARD_POLICIES = env.list("TCLOUD_CARD_POLICIES", ["2.16.886.101.0.3.3"])
# How far the clock of the computer with the reader may be from ours.
CARD_CLOCK_TOLERANCE = timedelta(minutes=env.int("TCLOUD_CARD_CLOCK_TOLERANCE_MINUTES", 15))
REVOCATION_HOSTS = env.list("TCLOUD_REVOCATION_HOSTS", [CA_URL.removeprefix("http://")] if DEMO else [])

# Django -----------------------------------------------------------------------------------------------------
SECRET_KEY = env.str("TCLOUD_SECRET_KEY", "") or secret_from_file(DATA / "secret-key", create=DEMO)
# Encrypts merchants' gateway keys at rest: 32 random bytes, url-safe base64.
SECRETS_KEY = env.str("TCLOUD_SECRETS_KEY", "") or secret_from_file(DATA / "secrets-key", create=DEMO)
DEBUG = env.bool("TCLOUD_DEBUG", False)
ALLOWED_HOSTS = env.list("TCLOUD_ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"] if DEMO else [])
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if PUBLIC_URL else []

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "csp",
    "procrastinate.contrib.django",
    "tcloud.audit",
    "tcloud.notifications",
    "tcloud.identity",
    "tcloud.registry",
    "tcloud.ledger",
    "tcloud.programme",
    "tcloud.members",
    "tcloud.vendors",
    "tcloud.catalog",
    "tcloud.assessments",
    "tcloud.contracts",
    "tcloud.payments",
    "tcloud.points",
    "tcloud.orders",
    "tcloud.web",
]
MIDDLEWARE = [
    "tcloud.web.health.ProbeMiddleware",
    "tcloud.web.metrics.CountingMiddleware",
    "tcloud.web.body_limit.BodyLimitMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "tcloud.web.compression.VisitorCompressionMiddleware",
    "csp.middleware.CSPMiddleware",
    "tcloud.web.maintenance.MaintenanceMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "axes.middleware.AxesMiddleware",
    "tcloud.web.answers.RefusedMiddleware",
]
ROOT_URLCONF = "tcloud.config.urls"
WSGI_APPLICATION = "tcloud.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # `components/…` is included by that name from every page.
        "DIRS": [PACKAGE / "web" / "templates", PACKAGE / "web"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "tcloud.web.context.page",
            ],
            "builtins": [
                "django.templatetags.cache", "django.templatetags.i18n", "django.templatetags.static",
                "tcloud.web.templatetags.tc", "tcloud.web.templatetags.tc_forms",
            ],
        },
    }
]
DATABASE_URL = env.str("DATABASE_URL", "postgres://127.0.0.1/unset" if DEMO else "")
DATABASE: dict[str, Any] = env.database("DATABASE_URL", DATABASE_URL)
# `core.prepared` asks for prepared statements by name; without the threshold Django's driver refuses to prepare any.
OPTIONS = {**DATABASE.get("OPTIONS", {}), "prepare_threshold": 5} if DATABASE_URL else {}
DATABASES = {"default": {**DATABASE, "OPTIONS": OPTIONS, "CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "tcloud.web.static_files.ModuleStorage"},
}
STATIC_URL = "static/"
STATIC_ROOT = Path(env.str("TCLOUD_STATIC_ROOT", str(DATA / "static")))
WHITENOISE_USE_FINDERS = DEBUG

# Language and time ------------------------------------------------------------------------------------------
LANGUAGE_CODE = "zh-hant"
LANGUAGES = [("zh-hant", "繁體中文"), ("en", "English")]
LOCALE_PATHS = [PACKAGE / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Taipei"
FORMAT_MODULE_PATH = ["tcloud.config.formats"]
# Where the demonstration clock stands; production has none and `tcloud.core.time` then is machine time.
CLOCK_FILE = DATA / "clock" if DEMO else None
# While this file stands, every page says that the service is closed (`tcloud maintenance on`).
MAINTENANCE_FILE = Path(env.str("TCLOUD_MAINTENANCE_FILE", str(DATA / "maintenance")))
# The audit chain's heads, noted outside the database; best on a disk its administrator cannot write to.
AUDIT_HEADS_FILE = Path(env.str("TCLOUD_AUDIT_HEADS", str(DATA / "audit-heads")))

# People and sessions ----------------------------------------------------------------------------------------
AUTH_USER_MODEL = "identity.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
# Counts that hold for all processes and across restarts: the sign-in library's limits live in `default`, nothing else does.
# Left at Django's 300 entries, whoever tries from many addresses would push out the counts that are to stop them.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "identity_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    },
    # Parts of pages that are the same for every reader of a language, kept by each process for some seconds.
    "pages": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
}  # fmt: skip
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # our own journey verifies the address before the account exists
ACCOUNT_ADAPTER = "tcloud.web.accounts.AccountAdapter"
ACCOUNT_FORMS = {"login": "tcloud.web.account_forms.LoginForm"}
ACCOUNT_LOGOUT_REDIRECT_URL = "home"
ACCOUNT_EMAIL_NOTIFICATIONS = False
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # nobody is mailed about an account that does not exist
PASSWORD_RESET_TIMEOUT = 3600  # seconds
ACCOUNT_LOGIN_BY_CODE_ENABLED = False
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "雲市集"
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_FORM_FIELD = "login"
AXES_LOCKOUT_CALLABLE = "tcloud.web.answers.locked_out"
AXES_CLIENT_IP_CALLABLE = "tcloud.web.visitor.client_ip"
SESSION_COOKIE_AGE = 60 * 60 * 8
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "tcloud.web.answers.csrf_failure"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# Transport and page security --------------------------------------------------------------------------------
HTTPS = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
# How many proxies of ours stand in front: the last sets X-Forwarded-Proto, each appends to X-Forwarded-For (tcloud.web.visitor).
PROXIES = env.int("TCLOUD_PROXIES", 0)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PROXIES else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"] if EVENTS_URL == PUBLIC_URL else ["'self'", EVENTS_URL],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "object-src": ["'none'"],
        "manifest-src": ["'self'"],
    }
}

# Mail -------------------------------------------------------------------------------------------------------
EMAIL_HOST = env.str("TCLOUD_SMTP_HOST", "127.0.0.1" if DEMO else "localhost")
EMAIL_PORT = env.port("TCLOUD_SMTP_PORT", 8025 if DEMO else 25)
EMAIL_HOST_USER = env.str("TCLOUD_SMTP_USER", "")
EMAIL_HOST_PASSWORD = env.str("TCLOUD_SMTP_PASSWORD", "")
EMAIL_USE_TLS = env.bool("TCLOUD_SMTP_STARTTLS", not DEMO)
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.str("TCLOUD_MAIL_FROM", "雲市集 <no-reply@tcloud.example>")

# Jobs -------------------------------------------------------------------------------------------------------
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = ""
PROCRASTINATE_IMPORT_PATHS = ["tcloud.jobs.tasks"]

# Ports and their implementations ----------------------------------------------------------------------------
COMPANY_CERTIFICATE = "tcloud.adapters.company_certificate.verifier.CardVerifier"
COMPANY_REGISTRY = "tcloud.adapters.company_registry.client.GcisRegistry"
TIME_STAMPER = "tcloud.adapters.timestamp.client.Rfc3161TimeStamper"
KEY_STORE = "tcloud.adapters.key_store.folder.FolderKeyStore"
PAYMENT_GATEWAYS = {"ecpay": "tcloud.adapters.ecpay.gateway.EcpayGateway"}
# Another shop at the gateway for the demonstration's vendors than its published test shop; all three or none.
DEMO_SHOP = {
    "merchant_id": env.str("TCLOUD_DEMO_SHOP_ID", ""),
    "hash_key": env.str("TCLOUD_DEMO_SHOP_HASH_KEY", ""),
    "hash_iv": env.str("TCLOUD_DEMO_SHOP_HASH_IV", ""),
}
ALLOW_SIMULATED_PAYMENTS = env.bool("TCLOUD_ALLOW_SIMULATED_PAYMENTS", False)

# Monitoring -------------------------------------------------------------------------------------------------
# Whoever asks /metrics brings this as a bearer token; left out, only this machine itself may ask.
METRICS_TOKEN = env.str("TCLOUD_METRICS_TOKEN", "")

# Who runs it, shown in header and footer --------------------------------------------------------------------
ORGANISER = env.str("TCLOUD_ORGANISER", "（示範）中小企業主管機關" if DEMO else "")
EXECUTOR = env.str("TCLOUD_EXECUTOR", "（示範）雲市集營運團隊" if DEMO else "")
# Left out, English pages show the Chinese names.
ORGANISER_EN = env.str("TCLOUD_ORGANISER_EN", "Small Business Agency (demonstration)" if DEMO else "")
EXECUTOR_EN = env.str("TCLOUD_EXECUTOR_EN", "tcloud team (demonstration)" if DEMO else "")
SUPPORT_PHONE = env.str("TCLOUD_SUPPORT_PHONE", "0800-000-123" if DEMO else "")
SUPPORT_EMAIL = env.str("TCLOUD_SUPPORT_EMAIL", "service@tcloud.example" if DEMO else "")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {"httpx": {"level": "WARNING"}, "procrastinate": {"level": "WARNING"}, "axes": {"level": "WARNING"}},
}
SILENCED_SYSTEM_CHECKS = ["axes.W003"]

problems = list(env.problems)
if SAID_PROFILE is Profile.EXAMINATION:
    problems += problems_of_examination(globals(), os.environ)
if SAID_PROFILE is Profile.PRODUCTION:
    problems += problems_of_production(globals())
refuse_to_start(problems)
