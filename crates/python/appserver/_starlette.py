"""What Starlette's `request.user`, `request.auth` and `requires()` want, without Starlette."""


class AuthCredentials:
    """What the caller may do."""

    __slots__ = ("scopes",)

    def __init__(self, scopes):
        self.scopes = scopes


class User:
    """Whom the token is about."""

    __slots__ = ("verified",)

    is_authenticated = True

    def __init__(self, verified):
        self.verified = verified

    @property
    def identity(self):
        return self.verified.subject or ""

    @property
    def display_name(self):
        return self.identity

    @property
    def claims(self):
        return self.verified.claims


class UnauthenticatedUser:
    """Nobody in particular."""

    __slots__ = ()

    is_authenticated = False
    identity = ""
    display_name = ""


def identity(verified):
    """Make `scope["user"]` and `scope["auth"]`. Each request gets its own."""
    if verified is None:
        return UnauthenticatedUser(), AuthCredentials([])
    return User(verified), AuthCredentials(["authenticated", *verified.scopes])
