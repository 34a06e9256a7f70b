"""Users and tokens for both sides, made by Django, simplejwt and PyJWT."""

import json
import uuid

import issue_drf
import jwt
from django.contrib.auth import get_user_model
from django.utils import timezone
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken, SlidingToken, Token

KINDS = {"access": AccessToken, "refresh": RefreshToken, "sliding": SlidingToken}
HAS_BLACKLIST = issue_drf.HAS_BLACKLIST


def user(username, password="pw", **fields):
    made = get_user_model()(username=username, **fields)
    if password is None:
        made.set_unusable_password()
    else:
        made.set_password(password)
    made.save()
    return made


def token(kind, user, without, changes):
    """A token with its rows, which are about the token as it is before it is changed."""
    made = KINDS[kind].for_user(user) if user is not None else KINDS[kind]()
    for name in without:
        del made.payload[claim(name)]
    made.payload.update({claim(name): value for name, value in changes.items()})
    return encoded(made.payload)


def payload(kind="refresh", user=None, **changes):
    """Claims that nobody has recorded."""
    made = KINDS[kind]() if user is None else Token.for_user.__func__(KINDS[kind], user)
    return made.payload | {claim(name): value for name, value in changes.items()}


def claim(name):
    """What the project calls a claim; cases say `user_id`."""
    return api_settings.USER_ID_CLAIM if name == "user_id" else name


def encoded(claims, algorithm=None, key=None, headers=None):
    """Signed as the project signs, unless said otherwise."""
    backend = RefreshToken().token_backend
    claims = dict(claims)
    if backend.audience is not None:
        claims.setdefault("aud", backend.audience)
    if backend.issuer is not None:
        claims.setdefault("iss", backend.issuer)
    chosen = algorithm or api_settings.ALGORITHM
    key = api_settings.SIGNING_KEY if key is None else key
    # Not `jwt.encode`, which looks at the claims.
    content = json.dumps(claims, separators=(",", ":")).encode()
    return jwt.api_jws.encode(content, key, algorithm=chosen, headers={"typ": "JWT"} | (headers or {}))


def now():
    return int(timezone.now().timestamp())


def random_jti():
    return uuid.uuid4().hex


def rows(user):
    """How many tokens the blacklist app knows of a user, and whether the last login is known."""
    found = get_user_model().objects.filter(pk=user.pk).first()
    told = {"last login": None if found is None else found.last_login is not None}
    if HAS_BLACKLIST:
        from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

        mine = OutstandingToken.objects.filter(user_id=user.pk)
        told["outstanding"] = mine.count()
        told["blacklisted"] = BlacklistedToken.objects.filter(token__in=mine).count()
        told["times"] = [row.expires_at > (row.created_at or row.expires_at) for row in mine.order_by("id")]
    return told
