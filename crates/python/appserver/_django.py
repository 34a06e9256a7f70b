"""What a Django project's settings say of its tokens, for a server that verifies them itself.

The defaults are those of djangorestframework-simplejwt 5.5, whether it is installed or not.
"""

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


def describe():
    """Give what the loaded project says, as JSON; None where no project is loaded."""
    if "django.conf" not in sys.modules:
        return None
    from django.conf import settings

    if not settings.configured:
        return None
    values = simple_jwt()
    classes = _several(values["AUTH_TOKEN_CLASSES"])
    if str(values["ALGORITHM"]).startswith("HS"):
        values["SIGNING_KEY"] = values["SIGNING_KEY"] or settings.SECRET_KEY
    else:
        # A private key is for whoever signs.
        values["SIGNING_KEY"] = None
    told = {
        "simple_jwt": {name: _plain(name, values[name]) for name in DEFAULTS},
        "set": sorted(getattr(settings, "SIMPLE_JWT", None) or ()),
        "secret_key": _plain("SECRET_KEY", settings.SECRET_KEY),
        "installed_apps": list(settings.INSTALLED_APPS),
        "token_types": [_token_type(each) for each in classes],
        "user": _user(),
    }
    return json.dumps(told)


def simple_jwt():
    """Give the settings of simplejwt: the project's, and below them the defaults."""
    from django.conf import settings

    return {**DEFAULTS, **(getattr(settings, "SIMPLE_JWT", None) or {})}


def _several(value):
    return [value] if isinstance(value, (str, type)) else list(value)


def _token_type(token_class):
    if isinstance(token_class, str):
        known = {"AccessToken": "access", "SlidingToken": "sliding", "RefreshToken": "refresh", "UntypedToken": "untyped"}
        module, _, name = token_class.rpartition(".")
        if module == "rest_framework_simplejwt.tokens" and name in known:
            return known[name]
        from django.utils.module_loading import import_string

        token_class = import_string(token_class)
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
        return bytes(value).decode()
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(name, item) for item in value]
    if isinstance(value, type) or callable(value):
        return f"{value.__module__}.{value.__qualname__}"
    if hasattr(value, "public_bytes"):
        return _pem(value)
    if hasattr(value, "_proxy____cast"):
        # A lazy text.
        return str(value)
    raise TypeError(f"SIMPLE_JWT[{name!r}] is of type {type(value).__name__!r}, which means nothing to the server")


def _pem(key):
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
