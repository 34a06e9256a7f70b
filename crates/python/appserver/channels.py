"""Channels behind a server that verifies tokens: `scope["user"]` from the token.

    "websocket": EdgeJWTAuthMiddleware(URLRouter([...]))

Without a token, `scope["user"]` stays what an outer middleware has made of it, or is anonymous. A
user that is gone or inactive is anonymous. `APPSERVER_USER` says where users come from, as in
`appserver.drf`. A server that has verified nothing is an error: anonymous would be a guess.
"""

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ImproperlyConfigured

from appserver import _auth, _users


class EdgeJWTAuthMiddleware:
    """Tells an ASGI application who a connection is from."""

    def __init__(self, application):
        self.application = application

    async def __call__(self, scope, receive, send):
        if scope["type"] in ("http", "websocket"):
            scope = {**scope, "user": await self.user(scope)}
        return await self.application(scope, receive, send)

    async def user(self, scope):
        verified = _users.verified_in(scope)
        if verified is _auth.ABSENT:
            raise ImproperlyConfigured(_users.UNVERIFIED)
        if verified is None:
            return scope.get("user") or AnonymousUser()
        try:
            return await _users.afind(verified, _users.mode_of(None))
        except _users.Refused:
            return AnonymousUser()
