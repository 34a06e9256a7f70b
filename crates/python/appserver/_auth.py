"""Where a request's verified token is found, for every framework.

Nothing here needs a framework to be installed.
"""

import sys

KEY = "appserver.auth"

# There is no key: this is another server, or appserver has not looked at tokens.
ABSENT = object()


# Whose tokens the server verifies, and whether one of them is the project itself; told by the server.
_providers = None
_is_django = False


def tell(providers, is_django):
    """Take note of whose tokens the server verifies."""
    global _providers, _is_django
    _providers, _is_django = tuple(providers), is_django


def verifies():
    """Tell whether the server verifies tokens: where there is no key then, it was told not to look."""
    return _providers is not None


def default_providers():
    """Give the providers whose users are the application's own, or None where that is not clear."""
    if _is_django:
        return ("django",)
    return _providers if _providers is not None and len(_providers) == 1 else None


class Forged(Exception):
    """Something else than the server's own object is where the token is expected."""


def of_environ(environ):
    """Give the token of a WSGI environ, None without one, or ABSENT."""
    return _checked(environ.get(KEY, ABSENT))


def of_scope(scope):
    """Give the token of an ASGI scope, None without one, or ABSENT."""
    return _checked((scope.get("extensions") or {}).get(KEY, ABSENT))


def _checked(found):
    if found is ABSENT or found is None:
        return found
    # Only the server has imported this, and only the server makes such objects.
    compiled = sys.modules.get("appserver._appserver")
    if compiled is None or type(found) is not compiled.Verified:
        raise Forged(f"{KEY} holds an object that the server has not made")
    return found
