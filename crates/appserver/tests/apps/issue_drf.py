"""A Django project whose tokens are simplejwt's: with its views, and where the server gives them out.

ISSUE_FOLDER holds the database, unless ISSUE_DATABASE is the URL of another (postgres:// or mysql://).
ISSUE_SIMPLE_JWT is what the project sets of SIMPLE_JWT, as JSON, with times in seconds; ISSUE_HASHER how
it hashes passwords; ISSUE_WITHOUT_BLACKLIST leaves simplejwt's blacklist app out. ISSUE_SETTINGS is
whatever else it sets, as JSON.
"""

import contextlib
import json
import os
import sqlite3
import time
import urllib.parse
from datetime import timedelta
from fcntl import LOCK_EX, LOCK_SH, flock
from pathlib import Path

import django
from django.conf import settings

FOLDER = Path(os.environ["ISSUE_FOLDER"])
HAS_BLACKLIST = "ISSUE_WITHOUT_BLACKLIST" not in os.environ
ENGINES = {"postgres": "postgresql", "postgresql": "postgresql", "mysql": "mysql"}


def database(url):
    """What Django calls a database with this URL."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme == "sqlite":
        options = {"timeout": 20}
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": parts.path, "OPTIONS": options}
    return {
        "ENGINE": f"django.db.backends.{ENGINES[parts.scheme]}",
        "NAME": parts.path.lstrip("/"),
        "USER": urllib.parse.unquote(parts.username or ""),
        "PASSWORD": urllib.parse.unquote(parts.password or ""),
        "HOST": parts.hostname,
        "PORT": parts.port or "",
    }


def simple_jwt(given):
    """Times are JSON's numbers, of seconds."""
    times = (name for name in given if name.endswith("_LIFETIME"))
    return given | {name: timedelta(seconds=given[name]) for name in times}


if os.environ.get("ISSUE_DATABASE", "").startswith("mysql"):
    # A driver that needs no compiler, under the name that Django knows.
    import pymysql

    pymysql.install_as_MySQLdb()

settings.configure(
    **{
        "ROOT_URLCONF": __name__,
        "SECRET_KEY": os.environ["ISSUE_SECRET"],
        "ALLOWED_HOSTS": ["*"],
        "INSTALLED_APPS": [
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "rest_framework",
            *(["rest_framework_simplejwt.token_blacklist"] if HAS_BLACKLIST else []),
        ],
        "DATABASES": {
            "default": database(os.environ.get("ISSUE_DATABASE", f"sqlite://{FOLDER}/issue.sqlite3"))
        },
        "PASSWORD_HASHERS": [
            os.environ.get("ISSUE_HASHER", "django.contrib.auth.hashers.MD5PasswordHasher")
        ],
        "REST_FRAMEWORK": {"DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"]},
        "SIMPLE_JWT": simple_jwt(json.loads(os.environ.get("ISSUE_SIMPLE_JWT", "{}"))),
        # Tables are made at once.
        "MIGRATION_MODULES": {"auth": None, "contenttypes": None, "token_blacklist": None},
        "USE_TZ": True,
        "LOGGING_CONFIG": None,
        **json.loads(os.environ.get("ISSUE_SETTINGS", "{}")),
    }
)
django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.contrib.auth.hashers import make_password  # noqa: E402
from django.core.asgi import get_asgi_application  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connections, transaction  # noqa: E402
from django.http import JsonResponse  # noqa: E402
from django.urls import path  # noqa: E402
from django.views.decorators.csrf import csrf_exempt  # noqa: E402
from rest_framework.permissions import IsAuthenticated  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402
from rest_framework_simplejwt import views as simple  # noqa: E402
from rest_framework_simplejwt.authentication import JWTAuthentication  # noqa: E402


def prepare():
    """Makes the tables and two users, once; workers inherit no connection."""
    with open(FOLDER / "issue.lock", "w") as lock:
        flock(lock, LOCK_EX)
        call_command("migrate", run_syncdb=True, verbosity=0)
        model = get_user_model()
        for name in ("ann", "bob"):
            # A model of another app names its users by something else.
            own = {"username": name, "email": f"{name}@example.org"}
            own = {name: value for name, value in own.items() if hasattr(model, name)}
            if not model.objects.filter(**own).exists():
                model.objects.create_user(**own, password=f"{name}-password")
    connections.close_all()


class Me(APIView):
    """Wants a token, which simplejwt itself looks at."""

    authentication_classes = [JWTAuthentication]
    permission_classes = [IsAuthenticated]

    def get(self, request):
        return Response({"user": request.user.get_username(), "claims": dict(request.auth.payload)})


def change(request):
    """Does something to a user, as the project's own code would."""
    user = get_user_model().objects.get_by_natural_key(request.GET.get("user", "ann"))
    what = request.GET["do"]
    if what in ("activate", "deactivate"):
        user.is_active = what == "activate"
        user.save()
    elif what == "password":
        user.set_password(request.GET["password"])
        user.save()
    elif what == "delete":
        user.delete()
    elif what == "touch":
        user.last_name = "Other"
        user.save()
        user.save(update_fields=["last_login"])
    elif what == "name":
        user.last_name = request.GET["name"]
        user.save()
    elif what == "upgrade":
        # As at a login, after the project has begun to want longer salts.
        type(user).objects.filter(pk=user.pk).update(password=make_password(request.GET["password"], "x"))
        user.refresh_from_db()
        assert user.check_password(request.GET["password"])
    elif what in ("lock", "set"):
        # With a hash that a login would have upgraded.
        type(user).objects.filter(pk=user.pk).update(password=make_password(request.GET["password"], "x"))
        user.refresh_from_db()
        if what == "lock":
            user.set_unusable_password()
        else:
            user.password = make_password(request.GET["password"])
        user.save(update_fields=["password"])
    elif what == "think better of it":
        with contextlib.suppress(LookupError), transaction.atomic():
            user.set_password(request.GET["password"])
            user.save()
            raise LookupError
    elif what == "revoke":
        from appserver import tokens

        tokens.revoke_user(user)
    return JsonResponse({})


@csrf_exempt
def own(request):
    """Stands where the server would give tokens out."""
    return JsonResponse({"own": request.path})


def wait(request):
    """Stays until the test opens its gate, whose thread can do nothing else."""
    with open(FOLDER / "gate") as gate:
        flock(gate, LOCK_SH)
    return JsonResponse({})


def compute(request):
    """Keeps the interpreter busy for a while: threads get it only when they have waited for their turn."""
    end = time.monotonic() + 0.1
    while time.monotonic() < end:
        pass
    return JsonResponse({})


urlpatterns = [
    path("api/token/", simple.TokenObtainPairView.as_view()),
    path("api/token/refresh/", simple.TokenRefreshView.as_view()),
    path("api/token/verify/", simple.TokenVerifyView.as_view()),
    path("api/token/blacklist/", simple.TokenBlacklistView.as_view()),
    path("api/sliding/", simple.TokenObtainSlidingView.as_view()),
    path("api/sliding/refresh/", simple.TokenRefreshSlidingView.as_view()),
    path("api/me/", Me.as_view()),
    path("open/token/", own),
    path("open/hello/", lambda request: JsonResponse({"pid": os.getpid()})),
    path("closed/hello/", lambda request: JsonResponse({})),
    path("open/change/", change),
    path("open/library/", lambda request: JsonResponse({"version": sqlite3.sqlite_version})),
    path("open/wait/", wait),
    path("open/compute/", compute),
]

prepare()
application = get_wsgi_application()
asgi = get_asgi_application()
