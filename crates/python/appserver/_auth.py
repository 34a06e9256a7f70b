"""Where a request's verified token is found, for every framework.

Nothing here needs a framework to be installed.
"""

import sys

KEY = "appserver.auth"

# There is no key: this is another server, or appserver does not verify tokens.
ABSENT = object()


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
