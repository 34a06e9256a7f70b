"""What a Django project says of its tokens and users, for a server that gives the tokens out itself.

Needs a loaded project. What the server could not do as the project does it is told in words, so that
somebody can decide; no text holds the value of a setting.
"""

import json

from appserver import _database, _django
from appserver._django import Unusable

SIMPLEJWT = "rest_framework_simplejwt"
BLACKLIST = f"{SIMPLEJWT}.token_blacklist"

# The views of simplejwt that endpoints of the server stand for, and the settings of what they do.
VIEWS = {
    "obtain": ("TokenObtainPairView", "TOKEN_OBTAIN_SERIALIZER"),
    "refresh": ("TokenRefreshView", "TOKEN_REFRESH_SERIALIZER"),
    "verify": ("TokenVerifyView", "TOKEN_VERIFY_SERIALIZER"),
    "blacklist": ("TokenBlacklistView", "TOKEN_BLACKLIST_SERIALIZER"),
    "sliding_obtain": ("TokenObtainSlidingView", "SLIDING_TOKEN_OBTAIN_SERIALIZER"),
    "sliding_refresh": ("TokenRefreshSlidingView", "SLIDING_TOKEN_REFRESH_SERIALIZER"),
}


def describe(paths):
    """Give what the loaded project says, as JSON; None where none is loaded.

    `paths` is a JSON object: the endpoints of the server, and where they are.
    """
    settings = _django._settings()
    if settings is None:
        return None
    try:
        return json.dumps(_told(settings, json.loads(paths)))
    except Unusable:
        raise
    except Exception as error:
        # Its text could hold a secret.
        raise Unusable(f"{type(error).__name__} was raised while they were read") from None


def _told(settings, paths):
    from django.apps import apps

    if not apps.ready:
        raise Unusable("the project's apps are not loaded: call django.setup()")
    if not apps.is_installed("django.contrib.auth"):
        raise Unusable("django.contrib.auth is not among INSTALLED_APPS, so there are no users")
    from django.contrib.auth import get_user_model

    from appserver import _model

    model = get_user_model()
    database = _database.url_of(_database.alias_of(model))
    return {
        "settings": {**_django._told(settings, (*_django.DEFAULTS, *_django.ISSUING)), "is_served": True},
        "private_key": _private_key(),
        "login_field": model.USERNAME_FIELD,
        "users": _model.table(model),
        "obstacles": [*_model.obstacles(model), *_backends(settings), *_rule(), *_listeners()],
        "database": database,
        "hashers": _model.hashers(),
        "blacklist": _blacklist(apps, model),
        "files": _database.files(),
        "views": _views(paths),
    }


def _private_key():
    """Give the key to sign with, where it is none that verifies as well."""
    names = _django.simple_jwt()
    key = names["SIGNING_KEY"]
    if str(names["ALGORITHM"]).startswith("HS") or not key:
        return None
    if isinstance(key, (bytes, bytearray)):
        return bytes(key).decode("utf-8", "replace")
    if hasattr(key, "private_bytes"):
        from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

        return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return str(key)


def _backends(settings):
    others = [each for each in settings.AUTHENTICATION_BACKENDS if each != "django.contrib.auth.backends.ModelBackend"]
    if others:
        yield f"AUTHENTICATION_BACKENDS has {', '.join(others)}"
    elif not settings.AUTHENTICATION_BACKENDS:
        yield "AUTHENTICATION_BACKENDS is empty"


def _rule():
    rule = _django._plain("USER_AUTHENTICATION_RULE", _django.simple_jwt()["USER_AUTHENTICATION_RULE"])
    if rule != _django.ISSUING["USER_AUTHENTICATION_RULE"]:
        yield f"USER_AUTHENTICATION_RULE is {rule}"


def _listeners():
    from django.contrib.auth.signals import user_login_failed

    if user_login_failed.receivers:
        yield "something listens to user_login_failed"


def _blacklist(apps, model):
    """Give where simplejwt's blacklist is, or why the server cannot use it; None without one."""
    if not apps.is_installed(BLACKLIST):
        return None
    from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

    found = _database.url_of(_database.alias_of(OutstandingToken))
    names = _django.simple_jwt()
    if names["USER_ID_FIELD"] not in ("pk", model._meta.pk.name, model._meta.pk.attname):
        return {"problem": "USER_ID_FIELD is not the primary key, which its tables refer to"}
    return found


def _views(paths):
    """Give the endpoints that the project has made something of its own of, and what that is."""
    names = _django.simple_jwt()
    found = {}
    for endpoint, (view, setting) in VIEWS.items():
        if endpoint not in paths:
            continue
        if names[setting] != _django.ISSUING[setting]:
            found[endpoint] = f"{setting} is {_django._plain(setting, names[setting])}"
            continue
        own = _own_view(paths[endpoint], view)
        if own is not None:
            found[endpoint] = f"the view of {paths[endpoint]} is {own}"
    return found


def _own_view(path, name):
    """Give the name of the view there, if it is the project's and not simplejwt's of this name."""
    from django.urls import Resolver404, resolve

    try:
        callback = resolve(path).func
    except Resolver404:
        return None
    view = getattr(callback, "view_class", None) or getattr(callback, "cls", None) or callback
    own = f"{getattr(view, '__module__', '')}.{getattr(view, '__qualname__', type(view).__qualname__)}"
    if own != f"{SIMPLEJWT}.views.{name}":
        return own
    given = getattr(callback, "initkwargs", None) or getattr(callback, "view_initkwargs", None)
    return f"{own} with {', '.join(given)}" if given else None
