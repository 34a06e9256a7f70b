"""Plain Django behind a server that verifies tokens.

    MIDDLEWARE = [..., "django.contrib.auth.middleware.AuthenticationMiddleware",
                  "appserver.django.EdgeJWTMiddleware", ...]

`request.user` is the token's user once somebody looks at it, and `request.auth` the verified token.
Without a token both stay what they are: a session's user stays. `APPSERVER_USER` says where users
come from, as in `appserver.drf`. A user that is gone or inactive is nobody.

The token of a provider that is not in `APPSERVER_PROVIDERS` is answered 401: its users may have the
ids of ours.

Where the server does not verify tokens, or is another one, simplejwt does it, and a wrong token is
answered 401. Without simplejwt that is an error. Where a rule of the server's wants no token, a wrong
one is nobody's.
"""

from functools import lru_cache

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.contrib.auth.models import AnonymousUser
from django.http import JsonResponse
from django.utils.functional import SimpleLazyObject

from appserver import _auth, _users


class EdgeJWTMiddleware:
    """Tells who a request is from."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response):
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)

    def __call__(self, request):
        if self.is_async:
            return self._acall(request)
        return self._prepare(request) or self.get_response(request)

    async def _acall(self, request):
        if _users.verified_of(request) is _auth.ABSENT:
            refused = await sync_to_async(self._prepare)(request)
        else:
            refused = self._prepare(request)
        return refused or await self.get_response(request)

    def _prepare(self, request):
        """Put user and token in; give an answer if it ends here."""
        verified = _users.verified_of(request)
        if verified is _auth.ABSENT and not _auth.verifies():
            return _by_simplejwt(request)
        if verified is None or (verified is _auth.ABSENT and not _users.has_token(request)):
            _leave(request)
            return None
        if verified is _auth.ABSENT:
            _Unchecked(request).put()
            return None
        try:
            _users.accept(verified)
        except _users.Refused as refused:
            return JsonResponse(
                {"detail": refused.message, "code": refused.code},
                status=401,
                headers={"WWW-Authenticate": _users.challenge()},
            )
        _Checked(request, verified).put()
        return None


def _leave(request):
    if not hasattr(request, "auth"):
        request.auth = None
    if not hasattr(request, "user"):
        request.user = AnonymousUser()


class _Identity:
    """User and token of a request: found together, once, when somebody looks at either."""

    def __init__(self, request):
        self.request = request
        self.mode = _users.mode_of(None)
        self._found = None

    def both(self):
        if self._found is None:
            self._found = self.find()
        return self._found

    async def aboth(self):
        if self._found is None:
            self._found = await self.afind()
        return self._found

    def put(self):
        async def auser():
            return (await self.aboth())[0]

        request = self.request
        request.__class__ = _with_auth(type(request))
        request.__dict__.pop("auth", None)
        request._edge_identity = self
        request.user = SimpleLazyObject(lambda: self.both()[0])
        request.auser = auser


class _Checked(_Identity):
    """Of a token that the server has verified. A user who is gone or inactive is nobody."""

    def __init__(self, request, verified):
        super().__init__(request)
        self.verified = verified

    def find(self):
        try:
            return _users.find(self.verified, self.mode), self.verified
        except _users.Refused:
            return AnonymousUser(), None

    async def afind(self):
        try:
            return await _users.afind(self.verified, self.mode), self.verified
        except _users.Refused:
            return AnonymousUser(), None


class _Unchecked(_Identity):
    """Of a token that a rule has told the server not to look at."""

    def find(self):
        simplejwt = _users.simplejwt(self.mode, self.request)
        from rest_framework.exceptions import AuthenticationFailed

        try:
            return simplejwt.authenticate(self.request) or (AnonymousUser(), None)
        except AuthenticationFailed:
            return AnonymousUser(), None

    async def afind(self):
        return await sync_to_async(self.find)()


@lru_cache(maxsize=16)
def _with_auth(kind):
    """Make the class of requests whose `auth` is found when it is asked for.

    A lazy object would not be None where there is none.
    """

    def get(self):
        if "_edge_auth" in self.__dict__:
            return self.__dict__["_edge_auth"]
        return self._edge_identity.both()[1]

    def put(self, value):
        self.__dict__["_edge_auth"] = value

    return type(kind.__name__, (kind,), {"auth": property(get, put), "__module__": kind.__module__})


def _by_simplejwt(request):
    simplejwt = _users.simplejwt(_users.mode_of(None), request)
    from rest_framework.exceptions import AuthenticationFailed

    request.auth = getattr(request, "auth", None)
    try:
        found = simplejwt.authenticate(request)
    except AuthenticationFailed as failed:
        return JsonResponse(
            failed.detail, status=401, headers={"WWW-Authenticate": simplejwt.authenticate_header(request)}
        )
    if found is None:
        _leave(request)
        return None
    request.user, request.auth = found

    async def auser():
        return request.user

    request.auser = auser
    return None
