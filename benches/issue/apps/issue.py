"""A Django project whose tokens are simplejwt's, with its own views, and a page without Django.

`BENCH_DATABASE` is the URL of its database, `BENCH_SECRET` what tokens are signed with, `BENCH_HASHER`
Django's name of what passwords are hashed with. Run as a program, it makes the tables, and one user
with the password of `BENCH_PASSWORD`.
"""

import os
import urllib.parse

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.urls import path


def database(url):
    """What Django calls a database with this URL; SQLite as it serves best."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme == "sqlite":
        pragmas = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL"
        options = {"init_command": pragmas, "transaction_mode": "IMMEDIATE", "timeout": 30}
        words = {"ENGINE": "django.db.backends.sqlite3", "NAME": parts.path, "OPTIONS": options}
    else:
        words = {"ENGINE": "django.db.backends.postgresql", "NAME": parts.path.lstrip("/")}
        words |= {"USER": parts.username, "HOST": parts.hostname, "PORT": parts.port}
    return words | {"CONN_MAX_AGE": 600}


settings.configure(
    SECRET_KEY=os.environ["BENCH_SECRET"],
    DEBUG=False,
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF="issue",
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "rest_framework",
        "rest_framework_simplejwt",
        "rest_framework_simplejwt.token_blacklist",
    ],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.middleware.common.CommonMiddleware",
    ],
    DATABASES={"default": database(os.environ["BENCH_DATABASE"])},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    PASSWORD_HASHERS=[f"django.contrib.auth.hashers.{os.environ['BENCH_HASHER']}PasswordHasher"],
    REST_FRAMEWORK={
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
        "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    },
    SIMPLE_JWT={"ROTATE_REFRESH_TOKENS": True, "BLACKLIST_AFTER_ROTATION": True},
    USE_TZ=True,
)
django = get_wsgi_application()

if __name__ == "__main__":
    from django.contrib.auth import get_user_model
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    get_user_model().objects.create_user("ann", password=os.environ["BENCH_PASSWORD"])
    raise SystemExit

from rest_framework_simplejwt.views import TokenObtainPairView, TokenRefreshView  # noqa: E402

urlpatterns = [
    path("api/token/", TokenObtainPairView.as_view()),
    path("api/token/refresh/", TokenRefreshView.as_view()),
]


def application(environ, start_response):
    """The page at `/` is what other requests are while somebody logs in."""
    if environ["PATH_INFO"] != "/":
        return django(environ, start_response)
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "13")])
    return [b"Hello, world!"]
