"""A Django project with Django REST framework and simplejwt in one file, as WSGI and as ASGI.

EDGE_DATABASE is its database, EDGE_SIMPLE_JWT what it sets of SIMPLE_JWT, as JSON; EDGE_PROVIDERS the
providers whose users are its own, EDGE_CLASSES_ONLY leaves the middleware out, and EDGE_SCRIPT_NAME its FORCE_SCRIPT_NAME. A signing key that
begins with `hex:` is bytes.
"""

import asyncio
import json
import os
import threading
from fcntl import LOCK_EX, flock
from itertools import count

import django
from django.conf import settings

simple_jwt = json.loads(os.environ.get("EDGE_SIMPLE_JWT", "{}"))
if str(simple_jwt.get("SIGNING_KEY")).startswith("hex:"):
    simple_jwt["SIGNING_KEY"] = bytes.fromhex(simple_jwt["SIGNING_KEY"][4:])
more = {}
if "EDGE_PROVIDERS" in os.environ:
    more["APPSERVER_PROVIDERS"] = os.environ["EDGE_PROVIDERS"].split()

settings.configure(
    **more,
    FORCE_SCRIPT_NAME=os.environ.get("EDGE_SCRIPT_NAME"),
    ROOT_URLCONF=__name__,
    SECRET_KEY=os.environ["EDGE_SECRET"],
    ALLOWED_HOSTS=["*"],
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "rest_framework",
    ],
    MIDDLEWARE=[
        f"{__name__}.forge",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        *([] if "EDGE_CLASSES_ONLY" in os.environ else ["appserver.django.EdgeJWTMiddleware"]),
    ],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["EDGE_DATABASE"]}},
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    REST_FRAMEWORK={
        "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    },
    SIMPLE_JWT=simple_jwt,
    APPSERVER_USER_CACHE_SECONDS=3600,
    # Tables are made at once.
    MIGRATION_MODULES={"auth": None, "contenttypes": None, "sessions": None},
    USE_TZ=True,
    LOGGING_CONFIG=None,
)
django.setup()

from django.contrib.auth import get_user_model, login  # noqa: E402
from django.core.asgi import get_asgi_application  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connection, connections  # noqa: E402
from django.http import JsonResponse  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.urls import include, path, re_path  # noqa: E402
from django.utils.decorators import sync_and_async_middleware  # noqa: E402
from rest_framework.permissions import AllowAny  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402
from rest_framework_simplejwt.authentication import JWTAuthentication  # noqa: E402
from rest_framework_simplejwt.views import TokenObtainPairView, TokenRefreshView  # noqa: E402
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken  # noqa: E402

from appserver.channels import EdgeJWTAuthMiddleware  # noqa: E402
from appserver.drf import AsyncEdgeJWTAuthentication, EdgeJWTAuthentication  # noqa: E402

calls = count(1)


def prepare():
    """Makes the tables and two users, once; workers inherit no connection."""
    with open(settings.DATABASES["default"]["NAME"] + ".lock", "w") as lock:
        # Without a preload each worker comes here, all at once.
        flock(lock, LOCK_EX)
        call_command("migrate", run_syncdb=True, verbosity=0)
        users = get_user_model().objects
        if not users.exists():
            users.create_user("ann", password="ann-password")
            users.create_user("bob", password="bob-password")
    connections.close_all()


@sync_and_async_middleware
def forge(get_response):
    """Puts something of its own where the token is, when asked to."""
    from asgiref.sync import iscoroutinefunction

    def change(request):
        kind = request.GET.get("forge")
        if kind is None:
            return
        fakes = {
            "dict": lambda: {"user_id": "1"},
            "class": lambda: type("Verified", (), {"user_id": "1", "claims": {"user_id": "1"}})(),
            "text": lambda: "1",
            "true": lambda: True,
        }
        holder = request.scope["extensions"] if hasattr(request, "scope") else request.META
        holder["appserver.auth"] = fakes[kind]()

    if iscoroutinefunction(get_response):

        async def amiddleware(request):
            change(request)
            return await get_response(request)

        return amiddleware

    def middleware(request):
        change(request)
        return get_response(request)

    return middleware


class Who(APIView):
    def get(self, request):
        auth = request.auth
        return Response(
            {
                "calls": next(calls),
                "user": str(request.user),
                "id": None if auth is None else auth.get("user_id"),
                "kind": type(request.user).__name__,
                "auth": type(auth).__name__,
            }
        )


class Db(Who):
    authentication_classes = [type("Db", (EdgeJWTAuthentication,), {"user_mode": "db"})]


class Cached(Who):
    authentication_classes = [type("Cached", (EdgeJWTAuthentication,), {"user_mode": "cached"})]


class Token(Who):
    authentication_classes = [type("Token", (EdgeJWTAuthentication,), {"user_mode": "token"})]


class Anyone(Who):
    authentication_classes = [EdgeJWTAuthentication]
    permission_classes = [AllowAny]


class Simple(Who):
    authentication_classes = [JWTAuthentication]


class AsyncUser(Who):
    """Calls the authentication as adrf does."""

    authentication_classes = []
    permission_classes = [AllowAny]

    def get(self, request):
        from asgiref.sync import async_to_sync

        found = async_to_sync(AsyncEdgeJWTAuthentication().authenticate)(request)
        return Response({"user": None if found is None else str(found[0])})


def queries(view):
    """How many queries a view makes."""

    def counted(request):
        with CaptureQueriesContext(connection) as captured:
            response = view(request)
            response.render()
        return JsonResponse({"status": response.status_code, "queries": len(captured)})

    return counted


def plain(request):
    """Plain Django, behind the middleware."""
    user = request.user
    return JsonResponse({"user": str(user), "is_authenticated": user.is_authenticated, "auth": type(request.auth).__name__})


async def aplain(request):
    user = await request.auser()
    return JsonResponse({"user": str(user), "is_authenticated": user.is_authenticated})


def session(request):
    """Logs bob in the way browsers are."""
    login(request, get_user_model().objects.get(username="bob"))
    return JsonResponse({})


def change(request):
    """Does something to ann."""
    users = get_user_model().objects
    ann = users.get(username="ann")
    what = request.GET["do"]
    if what == "deactivate":
        ann.is_active = False
        ann.save()
    elif what == "deactivate quietly":
        users.filter(username="ann").update(is_active=False)
    elif what == "activate":
        ann.is_active = True
        ann.save()
    elif what == "password":
        ann.set_password("another")
        ann.save()
    elif what == "delete":
        ann.delete()
    return JsonResponse({})


def token(request):
    """A token of simplejwt's own for ann."""
    ann = get_user_model().objects.get(username="ann")
    kind = RefreshToken if request.GET.get("kind") == "refresh" else AccessToken
    return JsonResponse({"token": str(kind.for_user(ann))})


def scribble(request):
    """Changes what belongs to this request's user only."""
    from appserver import _users
    from appserver.drf import verified_of

    user = _users.find(verified_of(request), "cached")
    had = hasattr(user, "scribble")
    user.scribble = True
    return JsonResponse({"had": had})


class Own(Who):
    """Has users of its own, and takes tokens of another provider."""

    class Authentication(EdgeJWTAuthentication):
        providers = ("partner",)

        def get_user(self, verified):
            user = get_user_model()(username=f"{verified.provider}-{verified['user_id']}")
            assert verified.user_id == verified["user_id"]
            return user

    authentication_classes = [Authentication]


class OwnHere(Own):
    authentication_classes = [type("Here", (Own.Authentication,), {"providers": None})]


def slow(request):
    """Takes a while between the two times that it looks."""
    before = str(request.user)
    threading.Event().wait(0.002)
    return JsonResponse({"users": [before, str(request.user)], "auth": request.auth["user_id"]})


async def aslow(request):
    before = str(await request.auser())
    await asyncio.sleep(0.002)
    return JsonResponse({"users": [before, str(request.user)], "auth": request.auth["user_id"]})


def login_views(kind):
    return [path("", TokenObtainPairView.as_view()), path(f"{kind}/refresh/", TokenRefreshView.as_view())]


urlpatterns = [
    path("login/", include(login_views("plain"))),
    re_path(r"^old/login/$", TokenObtainPairView.as_view()),
    path("<slug:tenant>/login/", TokenRefreshView.as_view()),
    path("api/own/", Own.as_view()),
    path("api/own-here/", OwnHere.as_view()),
    path("open/own-here/", OwnHere.as_view()),
    path("open/db/", Db.as_view()),
    path("open/plain/", plain),
    path("slow/", slow),
    path("aslow/", aslow),
    path("api/db/", Db.as_view()),
    path("api/cached/", Cached.as_view()),
    path("api/token/", Token.as_view()),
    path("api/anyone/", Anyone.as_view()),
    path("api/simple/", Simple.as_view()),
    path("api/async/", AsyncUser.as_view()),
    path("queries/db/", queries(Db.as_view())),
    path("queries/cached/", queries(Cached.as_view())),
    path("queries/token/", queries(Token.as_view())),
    path("plain/", plain),
    path("aplain/", aplain),
    path("scribble/", scribble),
    path("open/session/", session),
    path("open/change/", change),
    path("open/token/", token),
    path("open/calls/", lambda request: JsonResponse({"calls": next(calls)})),
]

@EdgeJWTAuthMiddleware
async def talk(scope, receive, send):
    """Says over a WebSocket who it is from, as Channels' consumers see it."""
    if scope["type"] != "websocket":
        return await asgi(scope, receive, send)
    await receive()
    await send({"type": "websocket.accept"})
    auth = scope["auth"]
    told = {"user": str(scope["user"]), "auth": None if auth is None else auth["user_id"]}
    await send({"type": "websocket.send", "text": json.dumps(told)})
    await send({"type": "websocket.close"})


prepare()
application = get_wsgi_application()
asgi = get_asgi_application()
