"""Django REST framework behind a server that verifies tokens: one line in the settings.

    "DEFAULT_AUTHENTICATION_CLASSES": ["appserver.drf.EdgeJWTAuthentication"]

The server has verified the token before the view is called; what is left is the user. `APPSERVER_USER`
says where the user comes from:

- `"db"`: a query for each request, as simplejwt does it. A user that is gone or inactive, or whose
  password has changed (`CHECK_REVOKE_TOKEN`), is refused at once.
- `"cached"`: the same, but a row is used again for `APPSERVER_USER_CACHE_SECONDS` (30). The process
  that changes a user forgets it at once; others do after that time, and so do all after
  `QuerySet.update()`.
- `"token"`: no query. The user is what the token says until the token expires.

Only tokens of the providers in `APPSERVER_PROVIDERS`, or in `providers` of a subclass, are accepted:
users of others may have the same ids. By default that is the project itself (`from_django`), or else
the only provider that there is.

Where the server does not verify tokens, or is another one, simplejwt does it as ever. Without
simplejwt that is an error: a token that nobody has checked never counts.
"""

from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication

from appserver import _auth, _users
from appserver._users import verified_of


class EdgeJWTAuthentication(BaseAuthentication):
    """Believes the server's verdict."""

    www_authenticate_realm = "api"
    # "db", "cached" or "token"; None is what the setting APPSERVER_USER says.
    user_mode = None
    # The names of the providers whose tokens are accepted; None is what APPSERVER_PROVIDERS says.
    providers = None

    def authenticate(self, request):
        verified = verified_of(request._request)
        if verified is None:
            return None
        if verified is _auth.ABSENT:
            return self.fallback(request)
        self.accept(verified)
        return self.get_user(verified), verified

    async def aauthenticate(self, request):
        """Do the same without blocking the loop, for whoever awaits."""
        verified = verified_of(request._request)
        if verified is None:
            return None
        if verified is _auth.ABSENT:
            from asgiref.sync import sync_to_async

            return await sync_to_async(self.fallback)(request)
        self.accept(verified)
        return await self.aget_user(verified), verified

    def authenticate_header(self, request):
        scheme = _users.challenge().split(" ", 1)[0]
        return f'{scheme} realm="{self.www_authenticate_realm}"'

    def accept(self, verified):
        """Refuse the tokens of providers whose users are not ours."""
        try:
            _users.accept(verified, self.providers)
        except _users.Refused as refused:
            raise refusal(refused) from refused

    def get_user(self, verified):
        """Give the user of a token; override this for users of your own."""
        try:
            return _users.find(verified, _users.mode_of(self.user_mode))
        except _users.Refused as refused:
            raise refusal(refused) from refused

    async def aget_user(self, verified):
        """Give the user of a token; override this together with `get_user`."""
        try:
            return await _users.afind(verified, _users.mode_of(self.user_mode))
        except _users.Refused as refused:
            raise refusal(refused) from refused

    def fallback(self, request):
        """Authenticate where the server has verified nothing."""
        simplejwt = _users.simplejwt(_users.mode_of(self.user_mode), request)
        if simplejwt is None:
            return None
        if type(self).get_user is EdgeJWTAuthentication.get_user:
            return simplejwt.authenticate(request)
        header = simplejwt.get_header(request)
        raw = None if header is None else simplejwt.get_raw_token(header)
        if raw is None:
            return None
        token = simplejwt.get_validated_token(raw)
        return self.get_user(_users.Validated(token)), token


class EdgeJWTStatelessUserAuthentication(EdgeJWTAuthentication):
    """Never asks the database."""

    user_mode = "token"


class AsyncEdgeJWTAuthentication(EdgeJWTAuthentication):
    """For views that await their authentication, as those of adrf do."""

    async def authenticate(self, request):
        return await self.aauthenticate(request)


def refusal(refused):
    """Say it as simplejwt does."""
    return exceptions.AuthenticationFailed({"detail": refused.message, "code": refused.code}, refused.code)
