"""What a server that gives tokens out asks its application: who logs in, and what more is in a token.

Called on threads of the server's own, which keep their database connections between calls as those
of Django's views do.
"""

import importlib
import json


def make(callback, has_project):
    """Make what the server asks; `callback` is a dotted path, or empty."""
    function = _imported(callback) if callback else None
    return Project(function) if has_project else Application(function)


def _imported(path):
    separator = ":" if ":" in path else "."
    module, _, name = path.rpartition(separator)
    if not module:
        raise ImportError(f"{path!r} is no dotted path to a function")
    found = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    if not callable(found):
        raise TypeError(f"{path!r} cannot be called")
    return found


class Application:
    """An application that is none of Django's: only its callback is asked, with the id of the user."""

    def __init__(self, callback):
        self.callback = callback

    def authenticate(self, username, password, client):
        raise LookupError("the application has no users: only those of a Django project can be asked")

    def user(self, key):
        raise LookupError("the application has no users: only those of a Django project can be asked")

    def logged_in(self, key):
        raise LookupError("the application has no users: only those of a Django project can be told")

    def claims(self, key, kind):
        """Give what the callback adds to a token, as JSON."""
        return self._called(key, kind)

    def _called(self, user, kind):
        added = self.callback(user, kind)
        if not isinstance(added, dict):
            raise TypeError(f"claims_callback has returned {type(added).__name__!r}: a dict is wanted")
        return json.dumps(added, allow_nan=False)


class Project(Application):
    """A Django project: its own authenticate(), with all backends and signals, and its model of users."""

    def __init__(self, callback):
        super().__init__(callback)
        from appserver import _django

        self.names = _django.simple_jwt()
        self.rule = _rule(self.names)

    def authenticate(self, username, password, client):
        """Give id, whether the user may log in, and what a claim is made of; None for nobody."""
        from django.contrib.auth import authenticate, get_user_model

        field = get_user_model().USERNAME_FIELD
        with _Connections():
            user = authenticate(request=_request(client), **{field: username, "password": password})
            return None if user is None else self._told(user)

    def user(self, key):
        """Give the same for an id."""
        with _Connections():
            user = self._found(key)
            return None if user is None else self._told(user)

    def claims(self, key, kind):
        with _Connections():
            user = self._found(key)
            if user is None:
                raise LookupError("the user whose token it is has gone")
            return self._called(user, kind)

    def logged_in(self, key):
        from django.contrib.auth.models import update_last_login

        with _Connections():
            user = self._found(key)
            if user is not None:
                update_last_login(None, user)

    def _found(self, key):
        from django.contrib.auth import get_user_model

        from appserver import _users

        name = self.names["USER_ID_FIELD"]
        try:
            _users._check_id(name, key)
            return get_user_model().objects.get(**{name: key})
        except (_users.Refused, *_users.NOBODY):
            return None

    def _told(self, user):
        password = user.password if self.names["CHECK_REVOKE_TOKEN"] else ""
        return str(getattr(user, self.names["USER_ID_FIELD"])), bool(self.rule(user)), password


def _rule(names):
    """Give USER_AUTHENTICATION_RULE."""
    rule = names["USER_AUTHENTICATION_RULE"]
    if callable(rule):
        return rule
    if rule.startswith("rest_framework_simplejwt."):
        try:
            return _imported(rule)
        except ImportError:
            # Its default; the project may give its tokens out without it.
            return lambda user: not names["CHECK_USER_IS_ACTIVE"] or user.is_active
    return _imported(rule)


def _request(client):
    """Make what backends look at: whom a login is from."""
    from django.http import HttpRequest

    request = HttpRequest()
    request.method = "POST"
    # Names that backends and their helpers take for granted.
    request.META = {"REMOTE_ADDR": client or "", "SERVER_NAME": "localhost", "SERVER_PORT": "80"}
    return request


class _Connections:
    """Does around a call what Django does around a request."""

    def __enter__(self):
        from django.db import close_old_connections, reset_queries

        reset_queries()
        close_old_connections()

    def __exit__(self, *_failure):
        from django.db import close_old_connections

        close_old_connections()
