"""Refresh tokens: what they are exchanged for, and how they end."""

import made
from made import now


def refresh(t):
    ann = t.user()
    first = t.login(ann)
    answer = t.post("refresh", {"refresh": first["refresh"]})
    t.rows(ann)
    t.good_everywhere(answer)
    t.good_everywhere(first)


def refresh_on_and_on(t):
    ann = t.user()
    token = t.login(ann)["refresh"]
    for _ in range(4):
        token = t.post("refresh", {"refresh": token}).get("refresh", token)
    t.rows(ann)


def refresh_by_turns(t):
    ann = t.user()
    first = token = t.login(ann)["refresh"]
    for talk in (t.elsewhere, t, t, t.elsewhere):
        token = talk.post("refresh", {"refresh": token}).get("refresh", token)
    for talk in (t, t.elsewhere):
        talk.post("refresh", {"refresh": first})
        talk.post("blacklist", {"refresh": token})
    t.rows(ann)


def refresh_twice(t):
    ann = t.user()
    token = t.login(ann)["refresh"]
    for talk in (t, t, t.elsewhere):
        talk.post("refresh", {"refresh": token})
    t.rows(ann)


def refresh_with_a_form(t):
    t.form("refresh", {"refresh": t.token(user=t.user())})
    t.form("refresh", {"refresh": f" {t.token(user=t.user())}\n"})


def refresh_of_a_token_that_nobody_recorded(t):
    ann = t.user()
    token = t.known(made.encoded(made.payload(user=ann)))
    t.post("refresh", {"refresh": token})
    t.post("refresh", {"refresh": token})
    t.rows(ann)


def refresh_of_other_kinds(t):
    ann = t.user()
    for kind in ("access", "sliding"):
        t.post("refresh", {"refresh": t.token(kind, ann)})
    for kind in ("Refresh", "", None, 5, ["refresh"], "other"):
        t.post("refresh", {"refresh": t.token(user=ann, token_type=kind)})
    t.post("refresh", {"refresh": t.token(user=ann, without=["token_type"])})


def refresh_that_is_over(t):
    ann = t.user()
    for exp in (now() - 1, now() - 100000, 0, 1, now() - 0.5):
        t.post("refresh", {"refresh": t.token(user=ann, exp=exp)})
    t.post("refresh", {"refresh": t.token(user=ann, without=["exp"])})
    t.post("refresh", {"refresh": t.token(user=ann, exp=now() + 100.5)})


def refresh_with_exp_as_text(t):
    t.post("refresh", {"refresh": t.token(user=t.user(), exp=str(now() + 1000))})


def refresh_before_its_time(t):
    ann = t.user()
    for name in ("iat", "nbf"):
        t.post("refresh", {"refresh": t.token(user=ann, **{name: now() + 1000})})
        t.post("refresh", {"refresh": t.token(user=ann, **{name: "soon"})})
        t.post("refresh", {"refresh": t.token(user=ann, **{name: now() - 1000})})
    t.post("refresh", {"refresh": t.token(user=ann, without=["iat"])})


def refresh_with_registered_claims(t):
    ann = t.user()
    for claims in ({"sub": "x"}, {"sub": 5}, {"aud": "x"}, {"aud": ["x"]}, {"iss": "x"}):
        t.post("refresh", {"refresh": t.token(user=ann, **claims)})


def refresh_with_an_issuer_of_another_kind(t):
    t.post("refresh", {"refresh": t.token(user=t.user(), iss=5)})


def refresh_with_claims_of_ones_own(t):
    claims = {"zz": 1, "name": "\u00e9\U0001f600", "list": [1, {"a": None}], "deep": {"b": {"c": True}}, "f": 0.1}
    answer = t.post("refresh", {"refresh": t.token(user=t.user(), **claims)})
    t.good_everywhere(answer)
    t.post("refresh", {"refresh": t.token(user=t.user(), big=2**60, small=-1, e=1e20, empty="", none=None)})


def refresh_with_a_jti_of_another_kind(t):
    ann = t.user()
    for jti in (5, None, ["x"]):
        t.post("refresh", {"refresh": t.token(user=ann, jti=jti)})


def refresh_without_jti(t):
    t.post("refresh", {"refresh": t.token(user=t.user(), without=["jti"])})


def refresh_for_a_user_as_a_number(t):
    ann = t.user()
    answer = t.post("refresh", {"refresh": t.token(user=ann, user_id=ann.pk)})
    t.good_everywhere(answer)


def refresh_for_nobody(t):
    for user_id in (None, 0, False):
        t.post("refresh", {"refresh": t.known(made.encoded(made.payload(user_id=user_id)))})
    answer = t.post("refresh", {"refresh": t.known(made.encoded(made.payload()))})
    for _, token in sorted(answer.items()):
        t.post("verify", {"token": token})


def refresh_for_an_empty_id(t):
    t.post("refresh", {"refresh": t.known(made.encoded(made.payload(user_id="")))})


def refresh_for_an_id_that_is_none(t):
    for user_id in ("x", "1.5", [1], {"a": 1}):
        t.post("refresh", {"refresh": t.known(made.encoded(made.payload(user_id=user_id)))})


def refresh_of_a_user_who_is_gone(t):
    ann = t.user()
    token = t.login(ann)["refresh"]
    ann.delete()
    t.post("refresh", {"refresh": token})


def refresh_of_a_user_who_is_inactive(t):
    ann = t.user()
    token = t.login(ann)["refresh"]
    ann.is_active = False
    ann.save()
    t.post("refresh", {"refresh": token})
    t.post("verify", {"token": token})
    ann.is_active = True
    ann.save()
    t.post("refresh", {"refresh": token})
    t.rows(ann)


def refresh_after_a_new_password(t):
    ann = t.user()
    token = t.login(ann)["refresh"]
    ann.set_password("another")
    ann.save()
    t.login(ann)
    t.login(ann, password="another")
    t.post("refresh", {"refresh": token})


def refresh_that_is_forged(t):
    ann = t.user()
    good = made.payload(user=ann)
    head, body, signature = made.encoded(good).split(".")
    other = made.encoded(good | {"user_id": "1"}).split(".")[1]
    for forged in (
        f"{head}.{other}.{signature}",
        f"{head}.{body}.",
        f"{head}.{body}",
        f"{head}.{body}.{signature[:-4]}AAAA",
        f"{head}.{body}.{signature}.",
        f".{body}.{signature}",
    ):
        t.post("refresh", {"refresh": forged})
    stranger = "a key of somebody else that is long enough for any algorithm of HMAC, whichever is used"
    for algorithm in ("HS256", "HS384", "HS512"):
        t.post("refresh", {"refresh": made.encoded(good, algorithm, stranger)})
    t.post("refresh", {"refresh": made.encoded(good, "none", "")})


def refresh_with_a_padded_signature(t):
    t.post("refresh", {"refresh": t.token(user=t.user()) + "="})


def refresh_of_a_blacklisted_token_of_somebody_inactive(t):
    ann = t.user()
    token = t.login(ann)["refresh"]
    t.post("blacklist", {"refresh": token})
    ann.is_active = False
    ann.save()
    t.post("refresh", {"refresh": token})


def refresh_of_a_blacklisted_token(t):
    ann = t.user()
    token = t.login(ann)["refresh"]
    t.post("blacklist", {"refresh": token})
    for talk in (t, t.elsewhere):
        talk.post("refresh", {"refresh": token})
        talk.post("blacklist", {"refresh": token})
    t.rows(ann)


def blacklist(t):
    ann = t.user()
    answer = t.login(ann)
    t.elsewhere.post("blacklist", {"refresh": answer["refresh"]})
    t.post("refresh", {"refresh": answer["refresh"]})
    t.post("verify", {"token": answer["access"]})
    t.rows(ann)
    t.form("blacklist", {"refresh": t.token(user=ann)})
    t.rows(ann)


def blacklist_of_a_token_that_nobody_recorded(t):
    ann = t.user()
    token = t.known(made.encoded(made.payload(user=ann)))
    for _ in range(2):
        t.post("blacklist", {"refresh": token})
    t.post("refresh", {"refresh": token})
    t.rows(ann)


def blacklist_of_other_kinds(t):
    ann = t.user()
    for kind in ("access", "sliding"):
        t.post("blacklist", {"refresh": t.token(kind, ann)})
    t.post("blacklist", {"refresh": t.token(user=ann, exp=now() - 5)})
    t.post("blacklist", {"refresh": t.token(user=ann, without=["exp"])})
    t.post("blacklist", {"refresh": t.token(user=ann, without=["token_type"])})
    t.rows(ann)


def blacklist_for_users_who_cannot_log_in(t):
    ann, bob = t.user(), t.user()
    tokens = [t.login(user)["refresh"] for user in (ann, bob)]
    ann.is_active = False
    ann.save()
    bob.delete()
    for token in tokens:
        t.post("blacklist", {"refresh": token})
        t.post("blacklist", {"refresh": token})
    t.rows(ann)


def blacklist_without_jti(t):
    t.post("blacklist", {"refresh": t.token(user=t.user(), without=["jti"])})
