"""Their side: PyJWT, and simplejwt's access token on top of it."""

import functools
import warnings

import django
import jwt
from django.conf import settings
from ours import Verdict

# Words of its own about keys that are short for their algorithm.
warnings.simplefilter("ignore")

APPS = ["django.contrib.auth", "django.contrib.contenttypes"]
settings.configure(USE_TZ=True, SECRET_KEY="unused", INSTALLED_APPS=APPS)
django.setup()

from rest_framework_simplejwt.backends import TokenBackend  # noqa: E402
from rest_framework_simplejwt.tokens import AccessToken  # noqa: E402


def ask(provider, token):
    """What they make of a token. Any exception is a refusal: the answer would be 401 or 500."""
    try:
        if provider.simplejwt:
            return Verdict(access_token(provider.name, provider.algorithm, provider.secret)(token).payload)
        return Verdict(
            jwt.decode(
                token,
                provider.secret or provider.public,
                algorithms=provider.algorithms,
                audience=provider.audiences or None,
                issuer=provider.issuer or None,
                leeway=provider.leeway,
                options={"require": provider.require, "verify_aud": bool(provider.audiences)},
            )
        )
    except Exception as error:
        return Verdict(None, f"{type(error).__name__}: {error}"[:200])


@functools.cache
def access_token(name, algorithm, secret):
    """The class whose instances are verified tokens."""
    backend = TokenBackend(algorithm, signing_key=secret)
    return type(f"{name.title()}Token", (AccessToken,), {"get_token_backend": lambda self: backend})
