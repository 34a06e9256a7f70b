"""From a Django request to its verified token, and from that to a user. Needs Django.

The messages and codes are those of djangorestframework-simplejwt 5.5.
"""

import copy
import functools
import hashlib
import threading
import time

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import (
    FieldDoesNotExist,
    ImproperlyConfigured,
    ObjectDoesNotExist,
    SuspiciousOperation,
    ValidationError,
)
from django.core.signals import setting_changed
from django.db import DataError, transaction
from django.db.models.signals import post_delete, post_save
from django.utils.translation import gettext as _

from appserver import _auth
from appserver._django import simple_jwt

MODES = ("db", "cached", "token")

# An id that is none of the model's type is nobody's.
NO_ID = (ValidationError, ValueError, TypeError, OverflowError)
# So is one that only the database knows to be none. What else a manager raises is its own.
NOBODY = (ObjectDoesNotExist, DataError, OverflowError)


@functools.cache
def _names():
    return simple_jwt()


@functools.cache
def _setting(name, default):
    return getattr(settings, name, default)


@functools.cache
def _simplejwt_settings():
    try:
        from rest_framework_simplejwt.settings import api_settings
    except ImportError:
        return None
    return api_settings


def _forget_settings(**_):
    for known in (_names, _setting, _simplejwt_settings):
        known.cache_clear()


# What every request needs of the settings is read once: to ask Django for a setting that is not there
# costs as much as a small view. A test that overrides settings says so.
setting_changed.connect(_forget_settings, dispatch_uid="appserver.settings")

UNVERIFIED = "no token has been verified: appserver is not the server, or has no [auth.jwt]"


def verified_of(request):
    """Give the verified token of a Django request, None without one, or ABSENT."""
    scope = getattr(request, "scope", None)
    if scope is not None:
        return verified_in(scope)
    try:
        return _auth.of_environ(request.META)
    except _auth.Forged as forged:
        raise SuspiciousOperation(str(forged)) from forged


def verified_in(scope):
    """Give the verified token of an ASGI scope, None without one, or ABSENT."""
    try:
        return _auth.of_scope(scope)
    except _auth.Forged as forged:
        raise SuspiciousOperation(str(forged)) from forged


def simplejwt(mode, request):
    """Give simplejwt's own way to authenticate, for where the server has verified nothing.

    None where it is not needed: the server was told not to look here, and there is nothing to look at.
    """
    try:
        from rest_framework_simplejwt import authentication
    except ImportError as error:
        if _auth.verifies() and not has_token(request):
            return None
        raise ImproperlyConfigured(
            f"{UNVERIFIED}; install djangorestframework-simplejwt to verify tokens without it"
        ) from error
    if mode == "token":
        return authentication.JWTStatelessUserAuthentication()
    return authentication.JWTAuthentication()


def has_token(request):
    """Tell whether there is something where the project's tokens are."""
    return bool(request.META.get(_names()["AUTH_HEADER_NAME"]))


def challenge():
    """Give the value of WWW-Authenticate, as simplejwt does."""
    types = _names()["AUTH_HEADER_TYPES"]
    scheme = types if isinstance(types, str) else next(iter(types))
    return f'{scheme} realm="api"'


class Refused(Exception):
    """The token is right, but not its user."""

    def __init__(self, message, code):
        super().__init__(message)
        self.message = message
        self.code = code


def mode_of(own):
    """Give the mode to use: the class's own, or the project's, or else the database."""
    mode = own or _setting("APPSERVER_USER", "db")
    if mode not in MODES:
        raise ImproperlyConfigured(f"APPSERVER_USER is {mode!r}; it is one of {', '.join(MODES)}")
    return mode


def accept(verified, own=None):
    """Refuse the token of a provider whose users are not this project's: their ids may be alike."""
    names = _setting("APPSERVER_PROVIDERS", None) if own is None else own
    names = _auth.default_providers() if names is None else names
    if names is None:
        raise ImproperlyConfigured(
            "the server verifies the tokens of several providers: set APPSERVER_PROVIDERS to the names "
            "of those whose users are this project's"
        )
    if verified.provider not in ((names,) if isinstance(names, str) else names):
        raise Refused(_("Given token not valid for any token type"), "token_not_valid")


def find(verified, mode):
    """Give the user of a token."""
    names = _names()
    if mode == "token":
        return _of_token(verified, names)
    key = _key(verified)
    user, ticket = _recall(key, mode)
    if user is None:
        _check_id(names["USER_ID_FIELD"], key)
        try:
            user = get_user_model().objects.get(**{names["USER_ID_FIELD"]: key})
        except NOBODY as error:
            raise Refused(_("User not found"), "user_not_found") from error
        _remember(key, user, ticket)
    return _checked(user, verified, names)


async def afind(verified, mode):
    """Give the user of a token, without blocking the loop."""
    names = _names()
    if mode == "token":
        return _of_token(verified, names)
    key = _key(verified)
    user, ticket = _recall(key, mode)
    if user is None:
        _check_id(names["USER_ID_FIELD"], key)
        try:
            user = await get_user_model().objects.aget(**{names["USER_ID_FIELD"]: key})
        except NOBODY as error:
            raise Refused(_("User not found"), "user_not_found") from error
        _remember(key, user, ticket)
    return _checked(user, verified, names)


def _key(verified):
    key = verified.user_id
    # A truth value or a table would match users by accident.
    if isinstance(key, bool) or not isinstance(key, (str, int)):
        raise Refused(_("Token contained no recognizable user identification"), "token_not_valid")
    return key


def _check_id(name, key):
    """Refuse what cannot be an id, before a manager sees it."""
    meta = get_user_model()._meta
    try:
        field = meta.pk if name == "pk" else meta.get_field(name)
    except FieldDoesNotExist:
        # A way through other models, or a mistake: the query knows.
        return
    try:
        if isinstance(key, str) and "\0" in key:
            raise ValueError("no database holds this character")
        field.to_python(key)
    except NO_ID as error:
        raise Refused(_("User not found"), "user_not_found") from error


def _checked(user, verified, names):
    if names["CHECK_USER_IS_ACTIVE"] and not user.is_active:
        raise Refused(_("User is inactive"), "user_inactive")
    if names["CHECK_REVOKE_TOKEN"]:
        digest = hashlib.md5(user.password.encode(), usedforsecurity=False).hexdigest().upper()
        if verified.get(names["REVOKE_TOKEN_CLAIM"]) != digest:
            raise Refused(_("The user's password has been changed."), "password_changed")
    return user


def _of_token(verified, names):
    key = _key(verified)
    api_settings = _simplejwt_settings()
    if api_settings is None:
        return TokenUser(verified, key)
    if names["USER_ID_CLAIM"] not in verified:
        raise Refused(_("Token contained no recognizable user identification"), "token_not_valid")
    return api_settings.TOKEN_USER_CLASS(verified)


class Validated:
    """A token that simplejwt has verified, with the attributes of one that the server has."""

    provider = "django"
    scopes = roles = others = ()
    token = None

    def __init__(self, token):
        names = _names()
        self.claims = self.payload = token.payload
        self.user_id = self.get(names["USER_ID_CLAIM"])
        subject = self.get("sub", self.user_id)
        self.subject = None if subject is None else str(subject)
        self.token_type = token.token_type
        self.jti = self.get("jti")
        self.expires = self.get("exp")

    def get(self, name, default=None):
        return self.claims.get(name, default)

    def keys(self):
        return self.claims.keys()

    def __getitem__(self, name):
        return self.claims[name]

    def __contains__(self, name):
        return name in self.claims

    def __iter__(self):
        return iter(self.claims)


class TokenUser:
    """A user of whom only the token is known. Nothing is asked of the database."""

    is_active = True
    is_authenticated = True
    is_anonymous = False
    # What only a database could grant, a token does not.
    is_staff = False
    is_superuser = False

    def __init__(self, verified, key):
        self.token = verified
        self.id = self.pk = key
        self.username = verified.get("username", "")

    def __str__(self):
        return f"TokenUser {self.id}"

    def __eq__(self, other):
        return type(self) is type(other) and self.id == other.id

    def __hash__(self):
        return hash(self.id)

    def get_username(self):
        return self.username

    def has_perm(self, perm, obj=None):
        return False

    def has_perms(self, perms, obj=None):
        return False

    def has_module_perms(self, module):
        return False


class Cache:
    """Users of this process, for a short time. A user that is saved or deleted here is forgotten."""

    # About a thousand bytes each.
    LIMIT = 4096

    def __init__(self):
        self._users = {}
        self._lock = threading.Lock()
        # Counts what was forgotten: a row that was read before is not remembered after.
        self._count = 0
        self._hears = False

    def recall(self, key):
        """Give a user, or None and a ticket to remember one with."""
        with self._lock:
            end, user = self._users.get(key, (0, None))
            ticket = self._count
        if user is None or end <= time.monotonic():
            return None, ticket
        # One request must not see what another has done to its user.
        return copy.deepcopy(user), ticket

    def remember(self, key, user, ticket):
        end = time.monotonic() + _setting("APPSERVER_USER_CACHE_SECONDS", 30)
        kept = copy.deepcopy(user)
        with self._lock:
            if ticket != self._count:
                return
            self._users.pop(key, None)
            while len(self._users) >= self.LIMIT:
                self._users.pop(next(iter(self._users)))
            self._users[key] = (end, kept)

    def forget(self, pk):
        with self._lock:
            self._count += 1
            gone = [key for key, (_end, user) in self._users.items() if user.pk == pk]
            for key in gone:
                del self._users[key]

    def connect(self):
        """Hear of changes."""
        if not self._hears:
            self._hears = True
            post_save.connect(self._changed, dispatch_uid="appserver.users")
            post_delete.connect(self._changed, dispatch_uid="appserver.users")

    def _changed(self, instance, using=None, **_more):
        # Users may be saved as a model that is made of theirs.
        if not isinstance(instance, get_user_model()):
            return
        pk = instance.pk
        self.forget(pk)
        # Until the transaction is over, others still read the old row.
        transaction.on_commit(lambda: self.forget(pk), using=using)


_cache = Cache()


def _recall(key, mode):
    if mode != "cached":
        return None, None
    _cache.connect()
    return _cache.recall((type(key), key))


def _remember(key, user, ticket):
    if ticket is not None:
        _cache.remember((type(key), key), user, ticket)
