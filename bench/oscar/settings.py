"""Settings of the reference shop: as oscar's own guide says, without what would make it slower than it need be.

Framework, driver, server, kept connections and the PostgreSQL server are ours. No debugging, no thumbnails (its products
have no pictures, as ours), static files without hashed names. Oscar's list pages come from a search index and are empty
without one: Whoosh, as in oscar's sandbox, because it needs no other server.
"""

import os

import oscar
from dj_database_url import parse
from oscar import defaults

vars().update({name: getattr(defaults, name) for name in dir(defaults) if name.isupper()})

SECRET_KEY = "reference shop on loopback"
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
SITE_ID = 1
INSTALLED_APPS = oscar.INSTALLED_APPS
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "oscar.apps.basket.middleware.BasketMiddleware",
    "django.contrib.flatpages.middleware.FlatpageFallbackMiddleware",
]
ROOT_URLCONF = "bench.oscar.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "oscar.apps.search.context_processors.search_form",
                "oscar.apps.checkout.context_processors.checkout",
                "oscar.apps.communication.notifications.context_processors.notifications",
                "oscar.core.context_processors.metadata",
            ],
        },
    }
]
AUTHENTICATION_BACKENDS = ["oscar.apps.customer.auth_backends.EmailBackend", "django.contrib.auth.backends.ModelBackend"]
DATABASES = {"default": {**parse(os.environ["DATABASE_URL"]), "CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
HAYSTACK_CONNECTIONS = {
    "default": {"ENGINE": "haystack.backends.whoosh_backend.WhooshEngine", "PATH": os.environ["OSCAR_INDEX"]},
}
HAYSTACK_SIGNAL_PROCESSOR = "haystack.signals.BaseSignalProcessor"  # the index is built once, after filling
LANGUAGE_CODE = "zh-hant"
TIME_ZONE = "Asia/Taipei"
USE_TZ = True
STATIC_URL = "static/"
MEDIA_URL = "media/"
OSCAR_DEFAULT_CURRENCY = "TWD"
OSCAR_PRODUCTS_PER_PAGE = 20
OSCAR_SLUG_ALLOW_UNICODE = True
OSCAR_THUMBNAILER = "bench.oscar.pictures.NoPictures"
