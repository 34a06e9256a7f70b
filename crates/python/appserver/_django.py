"""What a Django project's settings say of its tokens, for a server that verifies them itself.

The defaults are those of djangorestframework-simplejwt 5.5, whether it is installed or not.
"""

import base64
import json
import sys
from datetime import timedelta

# The names that matter to who verifies.
DEFAULTS = {
    "ALGORITHM": "HS256",
    "SIGNING_KEY": None,
    "VERIFYING_KEY": "",
    "AUDIENCE": None,
    "ISSUER": None,
    "JSON_ENCODER": None,
    "JWK_URL": None,
    "LEEWAY": 0,
    "AUTH_HEADER_TYPES": ("Bearer",),
    "AUTH_HEADER_NAME": "HTTP_AUTHORIZATION",
    "USER_ID_FIELD": "id",
    "USER_ID_CLAIM": "user_id",
    "AUTH_TOKEN_CLASSES": ("rest_framework_simplejwt.tokens.AccessToken",),
    "TOKEN_TYPE_CLAIM": "token_type",
    "JTI_CLAIM": "jti",
    "CHECK_REVOKE_TOKEN": False,
    "REVOKE_TOKEN_CLAIM": "hash_password",
    "CHECK_USER_IS_ACTIVE": True,
}

# Those that matter to who gives tokens out, too.
ISSUING = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=5),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=1),
    "SLIDING_TOKEN_LIFETIME": timedelta(minutes=5),
    "SLIDING_TOKEN_REFRESH_LIFETIME": timedelta(days=1),
    "SLIDING_TOKEN_REFRESH_EXP_CLAIM": "refresh_exp",
    "ROTATE_REFRESH_TOKENS": False,
    "BLACKLIST_AFTER_ROTATION": False,
    "UPDATE_LAST_LOGIN": False,
    "USER_AUTHENTICATION_RULE": "rest_framework_simplejwt.authentication.default_user_authentication_rule",
    "TOKEN_OBTAIN_SERIALIZER": "rest_framework_simplejwt.serializers.TokenObtainPairSerializer",
    "TOKEN_REFRESH_SERIALIZER": "rest_framework_simplejwt.serializers.TokenRefreshSerializer",
    "TOKEN_VERIFY_SERIALIZER": "rest_framework_simplejwt.serializers.TokenVerifySerializer",
    "TOKEN_BLACKLIST_SERIALIZER": "rest_framework_simplejwt.serializers.TokenBlacklistSerializer",
    "SLIDING_TOKEN_OBTAIN_SERIALIZER": "rest_framework_simplejwt.serializers.TokenObtainSlidingSerializer",
    "SLIDING_TOKEN_REFRESH_SERIALIZER": "rest_framework_simplejwt.serializers.TokenRefreshSlidingSerializer",
}


class Unusable(Exception):
    """A setting that means nothing to the server. Its text holds no value of any setting."""


def describe():
    """Give what the loaded project says, as JSON; None where no project is loaded."""
    settings = _settings()
    if settings is None:
        return None
    try:
        return json.dumps(_told(settings))
    except Unusable:
        raise
    except Exception as error:
        # Its text could hold a secret.
        raise Unusable(f"{type(error).__name__} was raised while they were read") from None


def script_name():
    """Give FORCE_SCRIPT_NAME of the loaded project; None where there is none."""
    settings = _settings()
    name = None if settings is None else settings.FORCE_SCRIPT_NAME
    return None if name is None else str(name)


def _settings():
    if "django.conf" not in sys.modules:
        return None
    from django.conf import settings

    return settings if settings.configured else None


def _told(settings, names=tuple(DEFAULTS)):
    values = simple_jwt()
    own = getattr(settings, "SIMPLE_JWT", None) or {}
    if not str(values["ALGORITHM"]).startswith("HS"):
        # A private key is for whoever signs.
        values["SIGNING_KEY"] = None
    elif "SIGNING_KEY" not in own:
        values["SIGNING_KEY"] = settings.SECRET_KEY
    views, patterns, remarks = _open_views()
    return {
        "simple_jwt": {name: _plain(name, values[name]) for name in names},
        "set": sorted(own),
        "installed_apps": list(settings.INSTALLED_APPS),
        "token_types": [_token_type(each) for each in _several(values["AUTH_TOKEN_CLASSES"])],
        "open_views": views,
        "open_patterns": patterns,
        "remarks": remarks,
        "user": _user(),
    }


def _open_views():
    from appserver import _routes

    try:
        views, patterns = _routes.open_views()
    except Exception as error:
        kind = type(error).__name__
        return [], [], [f"the URLconf cannot be read ({kind}), so rules for views that give tokens out are to be written"]
    return views, patterns, []


def simple_jwt():
    """Give the settings of simplejwt: the project's, and below them the defaults."""
    from django.conf import settings

    return {**DEFAULTS, **ISSUING, **(getattr(settings, "SIMPLE_JWT", None) or {})}


def _several(value):
    if value is None:
        return []
    return [value] if isinstance(value, (str, type)) else list(value)


def _token_type(token_class):
    if isinstance(token_class, str):
        known = {"AccessToken": "access", "SlidingToken": "sliding", "RefreshToken": "refresh", "UntypedToken": "untyped"}
        module, _, name = token_class.rpartition(".")
        if module == "rest_framework_simplejwt.tokens" and name in known:
            return known[name]
        from django.utils.module_loading import import_string

        try:
            token_class = import_string(token_class)
        except ImportError:
            raise Unusable(f"AUTH_TOKEN_CLASSES: {token_class!r} cannot be imported") from None
    return token_class.token_type


def _user():
    from django.apps import apps

    if not apps.ready or not apps.is_installed("django.contrib.auth"):
        return None
    from django.contrib.auth import get_user_model

    model = get_user_model()
    return {
        "label": model._meta.label,
        "table": model._meta.db_table,
        "key": model._meta.pk.column,
        "username": model.USERNAME_FIELD,
        "fields": [field.name for field in model._meta.get_fields()],
    }


def _plain(name, value):
    """Say a setting in JSON."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, (bytes, bytearray)):
        return _of_bytes(name, bytes(value))
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(name, item) for item in value]
    if isinstance(value, type) or callable(value):
        return f"{value.__module__}.{value.__qualname__}"
    if hasattr(value, "public_bytes"):
        return _pem(value)
    if hasattr(value, "_proxy____cast"):
        # A lazy text.
        return str(value)
    raise Unusable(f"SIMPLE_JWT[{name!r}] is of type {type(value).__name__!r}, which means nothing to the server")


def _of_bytes(name, value):
    if name == "SIGNING_KEY":
        return {"base64": base64.b64encode(value).decode()}
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise Unusable(f"SIMPLE_JWT[{name!r}] is of bytes that are no text") from None


def _pem(key):
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
