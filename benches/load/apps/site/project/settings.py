"""Settings as `startproject` writes them, but the same for development and production servers.

SITE_DATA is the folder that `manage.py prepare` has filled. Without it the database is empty and in
memory. SITE_CONN_MAX_AGE is how many seconds a connection to it lasts. SITE_DEBUG=1 turns DEBUG on,
SITE_WHITENOISE=1 puts WhiteNoise into the middleware.
"""

import os
from pathlib import Path

DATA = Path(os.environ["SITE_DATA"]) if "SITE_DATA" in os.environ else None

SECRET_KEY = "only for measuring on loopback, never for a real site"
DEBUG = os.environ.get("SITE_DEBUG") == "1"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "project.urls"
WSGI_APPLICATION = "project.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "shop",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
if os.environ.get("SITE_WHITENOISE") == "1":
    MIDDLEWARE.insert(1, "whitenoise.middleware.WhiteNoiseMiddleware")

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DATA / "db.sqlite3" if DATA else ":memory:",
        "CONN_MAX_AGE": int(os.environ.get("SITE_CONN_MAX_AGE", "600")),
        "OPTIONS": {"timeout": 20},
    }
}

# Whoever deploys runs `collectstatic`, which copies from the first folder to the second.
STATIC_URL = "/static/"
STATICFILES_DIRS = [DATA / "assets"] if DATA else []
STATIC_ROOT = DATA / "static" if DATA else None
