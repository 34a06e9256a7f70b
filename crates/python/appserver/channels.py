"""Channels behind a server that verifies tokens: `scope["user"]` from the token.

    "websocket": EdgeJWTAuthMiddleware(URLRouter([...]))

Without a token, `scope["user"]` stays what an outer middleware has made of it, or is anonymous. A
user that is gone or inactive is anonymous, and `scope["auth"]`, which holds the verified token, is None
then. `APPSERVER_USER` and `APPSERVER_PROVIDERS` are as in `appserver.drf`; the token of another provider
is refused. A server that has verified nothing is an error: anonymous would be a guess. Where a rule of
the server's wants no token, simplejwt looks, and a wrong one is nobody's.
"""

import json
from types import SimpleNamespace

from asgiref.sync import sync_to_async
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ImproperlyConfigured

from appserver import _auth, _users


class EdgeJWTAuthMiddleware:
    """Tells an ASGI application who a connection is from."""

    def __init__(self, application):
        self.application = application

    async def __call__(self, scope, receive, send):
        if scope["type"] in ("http", "websocket"):
            verified = _users.verified_in(scope)
            try:
                if verified is not None and verified is not _auth.ABSENT:
                    _users.accept(verified)
            except _users.Refused as refused:
                return await _refuse(scope, receive, send, refused)
            user, auth = await self.identity(scope, verified)
            scope = {**scope, "user": user, "auth": auth}
        return await self.application(scope, receive, send)

    async def identity(self, scope, verified):
        nobody = AnonymousUser(), None
        if verified is _auth.ABSENT:
            if not _auth.verifies():
                raise ImproperlyConfigured(_users.UNVERIFIED)
            return await sync_to_async(_by_simplejwt)(_request(scope)) or _outer(scope)
        if verified is None:
            return _outer(scope)
        try:
            return await _users.afind(verified, _users.mode_of(None)), verified
        except _users.Refused:
            return nobody


def _outer(scope):
    return scope.get("user") or AnonymousUser(), None


def _request(scope):
    """Make what simplejwt looks at."""
    fields = {}
    for name, value in scope["headers"]:
        key = "HTTP_" + name.decode("latin-1").upper().replace("-", "_")
        value = value.decode("latin-1")
        fields[key] = f"{fields[key]},{value}" if key in fields else value
    return SimpleNamespace(META=fields)


def _by_simplejwt(request):
    if not _users.has_token(request):
        return None
    simplejwt = _users.simplejwt(_users.mode_of(None), request)
    from rest_framework.exceptions import AuthenticationFailed

    try:
        return simplejwt.authenticate(request)
    except AuthenticationFailed:
        return AnonymousUser(), None


async def _refuse(scope, receive, send, refused):
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close"})
        return
    body = json.dumps({"detail": str(refused.message), "code": refused.code}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"www-authenticate", _users.challenge().encode()),
    ]
    await send({"type": "http.response.start", "status": 401, "headers": headers})
    await send({"type": "http.response.body", "body": body})
