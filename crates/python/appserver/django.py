"""Plain Django behind a server that verifies tokens.

    MIDDLEWARE = [..., "django.contrib.auth.middleware.AuthenticationMiddleware",
                  "appserver.django.EdgeJWTMiddleware", ...]

`request.user` is the token's user once somebody looks at it, and `request.auth` the verified token.
Without a token both stay what they are: a session's user stays. `APPSERVER_USER` says where users
come from, as in `appserver.drf`. A user that is gone or inactive is nobody.

Where the server does not verify tokens, or is another one, simplejwt does it, and a wrong token is
answered 401. Without simplejwt that is an error.
"""

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
        if verified is _auth.ABSENT:
            return _by_simplejwt(request)
        if not hasattr(request, "auth"):
            request.auth = None
        if verified is None:
            if not hasattr(request, "user"):
                request.user = AnonymousUser()
            return None
        request.auth = verified
        _set_user(request, verified)
        return None


def _set_user(request, verified):
    mode = _users.mode_of(None)

    def user():
        try:
            return _users.find(verified, mode)
        except _users.Refused:
            return AnonymousUser()

    async def auser():
        try:
            return await _users.afind(verified, mode)
        except _users.Refused:
            return AnonymousUser()

    request.user = SimpleLazyObject(user)
    request.auser = auser


def _by_simplejwt(request):
    simplejwt = _users.simplejwt(_users.mode_of(None))
    from rest_framework.exceptions import AuthenticationFailed

    request.auth = getattr(request, "auth", None)
    try:
        found = simplejwt.authenticate(request)
    except AuthenticationFailed as failed:
        return JsonResponse(
            failed.detail, status=401, headers={"WWW-Authenticate": simplejwt.authenticate_header(request)}
        )
    if found is None:
        if not hasattr(request, "user"):
            request.user = AnonymousUser()
        return None
    request.user, request.auth = found

    async def auser():
        return request.user

    request.auser = auser
    return None
