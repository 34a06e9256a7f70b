"""Sliding tokens, which are both at once."""

from made import now


def sliding(t):
    ann = t.user()
    answer = t.login(ann, "sliding")
    t.rows(ann)
    t.good_everywhere(answer)
    t.login(ann, "sliding", password="another")
    t.login(t.user(is_active=False), "sliding")
    t.post("sliding", {})


def sliding_refresh(t):
    ann = t.user()
    token = t.login(ann, "sliding")["token"]
    for talk in (t, t.elsewhere, t):
        answer = talk.post("sliding_refresh", {"token": token})
        t.good_everywhere(answer)
        token = answer.get("token", token)
    t.rows(ann)


def sliding_refresh_that_is_over(t):
    ann = t.user()
    for claims in (
        {"exp": now() - 1},
        {"refresh_exp": now() - 1},
        {"refresh_exp": now() - 1, "exp": now() - 1},
        {"refresh_exp": now() + 100.5},
        {"refresh_exp": 0},
    ):
        t.post("sliding_refresh", {"token": t.token("sliding", ann, **claims)})
    for name in ("exp", "refresh_exp", "token_type", "iat"):
        t.post("sliding_refresh", {"token": t.token("sliding", ann, without=[name])})


def sliding_refresh_of_other_kinds(t):
    ann = t.user()
    for kind in ("access", "refresh"):
        t.post("sliding_refresh", {"token": t.token(kind, ann)})
        t.post("sliding_refresh", {"token": t.token(kind, ann, refresh_exp=now() + 1000)})


def sliding_refresh_without_jti(t):
    t.post("sliding_refresh", {"token": t.token("sliding", t.user(), without=["jti"])})


def sliding_refresh_for_users_who_cannot_log_in(t):
    ann, bob = t.user(), t.user()
    tokens = [t.login(user, "sliding")["token"] for user in (ann, bob)]
    ann.is_active = False
    ann.save()
    bob.delete()
    for token in tokens:
        t.post("sliding_refresh", {"token": token})


def sliding_refresh_with_claims_of_ones_own(t):
    answer = t.post("sliding_refresh", {"token": t.token("sliding", t.user(), zz=1, name="\u00e9")})
    t.good_everywhere(answer)
