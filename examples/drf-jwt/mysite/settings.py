"""Settings of the example project. What differs between machines comes from `NOTES_*` variables."""

import os
from datetime import timedelta
from pathlib import Path

from . import secret_key

BASE_DIR = Path(__file__).resolve().parent.parent
PAGE = BASE_DIR / "page"
DATABASE = Path(os.environ.get("NOTES_DATABASE", BASE_DIR / "db.sqlite3"))

DEBUG = False
ALLOWED_HOSTS = os.environ.get("NOTES_HOSTS", "localhost,127.0.0.1,[::1],testserver").split(",")
SECRET_KEY = os.environ.get("NOTES_SECRET_KEY") or secret_key.read_or_create(
    DATABASE.with_name("secret-key")
)

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "rest_framework",
    "rest_framework_simplejwt",
    # So that `manage.py changepassword` ends what the user is logged in to.
    "appserver.django",
    "notes",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
]

ROOT_URLCONF = "mysite.urls"
WSGI_APPLICATION = "mysite.wsgi.application"

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DATABASE,
        # Seconds. A worker's thread lives as long as its worker, so a connection is worth keeping.
        "CONN_MAX_AGE": 600,
        "OPTIONS": {
            # Several workers write: see Django's notes on SQLite.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
        },
    },
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REST_FRAMEWORK = {
    # With simplejwt alone this line is "rest_framework_simplejwt.authentication.JWTAuthentication",
    # which works behind this server, too: it verifies each token once more.
    "DEFAULT_AUTHENTICATION_CLASSES": ["appserver.drf.EdgeJWTAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
}

# The server reads these: it gives tokens out, and verifies them.
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=5),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=1),
    "ISSUER": "notes",
}

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True

# Django's own default is silent where DEBUG is off: a server's log should hold the tracebacks.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{levelname} {name} {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
}
