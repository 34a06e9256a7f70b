"""Whether tokens are valid."""

import made
from made import now


def verify(t):
    ann = t.user()
    for kind in ("access", "refresh", "sliding"):
        token = t.token(kind, ann)
        t.post("verify", {"token": token})
        t.form("verify", {"token": f" {token} "})


def verify_of_unknown_kinds(t):
    ann = t.user()
    for kind in ("other", None, 5, ""):
        t.post("verify", {"token": t.token("access", ann, token_type=kind)})
    t.post("verify", {"token": t.token("access", ann, without=["token_type"])})
    t.post("verify", {"token": t.token("access", ann, without=["user_id"])})


def verify_without_claims(t):
    ann = t.user()
    for name in ("exp", "jti", "iat"):
        t.post("verify", {"token": t.token("access", ann, without=[name])})
    t.post("verify", {"token": made.encoded({})})


def verify_that_is_over(t):
    ann = t.user()
    for kind in ("access", "refresh", "sliding"):
        for exp in (now() - 1, 0, -1, now() + 0.5 - 10, now() + 1000.5):
            t.post("verify", {"token": t.token(kind, ann, exp=exp)})


def verify_with_exp_as_text(t):
    t.post("verify", {"token": t.token("access", t.user(), exp=str(now() + 1000))})


def verify_before_its_time(t):
    ann = t.user()
    for name in ("iat", "nbf"):
        for when in (now() + 1000, now() - 1000, "soon", None):
            t.post("verify", {"token": t.token("access", ann, **{name: when})})


def verify_with_registered_claims(t):
    ann = t.user()
    for claims in ({"sub": "x"}, {"sub": 5}, {"aud": "x"}, {"iss": "x"}, {"jti": 5}):
        t.post("verify", {"token": t.token("access", ann, **claims)})


def verify_with_claims_of_other_kinds(t):
    ann = t.user()
    for claims in ({"aud": 5}, {"jti": ""}, {"iat": True}, {"nbf": True}):
        t.post("verify", {"token": t.token("access", ann, **claims)})


def verify_for_users_who_cannot_log_in(t):
    ann, bob = t.user(), t.user()
    tokens = [t.token("access", user) for user in (ann, bob)]
    ann.is_active = False
    ann.save()
    bob.delete()
    for token in tokens:
        t.post("verify", {"token": token})


def verify_of_a_token_that_was_exchanged(t):
    ann = t.user()
    first = t.login(ann)
    second = t.post("refresh", {"refresh": first["refresh"]})
    for talk in (t, t.elsewhere):
        for answer in (first, second):
            for _, token in sorted(answer.items()):
                talk.post("verify", {"token": token})


def verify_with_headers_of_other_kinds(t):
    ann = t.user()
    claims = made.payload("access", ann)
    for headers in ({"kid": "x"}, {"typ": None}, {"x": 1}, {"crit": ["exp"]}):
        t.post("verify", {"token": made.encoded(claims, headers=headers)})


def verify_with_types_of_other_tokens(t):
    claims = made.payload("access", t.user())
    for headers in ({"typ": "at+jwt"}, {"cty": "JWT"}, {"zip": "x"}):
        t.post("verify", {"token": made.encoded(claims, headers=headers)})


def verify_of_a_blacklisted_token(t):
    token = t.login(t.user())["refresh"]
    t.post("blacklist", {"refresh": token})
    for talk in (t, t.elsewhere):
        talk.post("verify", {"token": token})
