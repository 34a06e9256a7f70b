"""What the server does otherwise than simplejwt 5.5.1, and why. Nothing else may differ."""

import made
from django.db import connection
from rest_framework_simplejwt.settings import api_settings


class Difference:
    """Cases in which answers differ: from one status to another, or in one place of them."""

    def __init__(self, reason, cases, theirs=None, ours=None, place=None, when=lambda: True):
        self.reason, self.cases, self.when = reason, cases, when
        self.statuses, self.place = (theirs, ours), place

    def explains(self, theirs, ours, found):
        """Whether these two answers differ in this way and no other."""
        if self.place is None:
            return (theirs.get("status"), ours.get("status")) == self.statuses
        return all(place.startswith(self.place) for place, _, _ in found)


def database_ignores_accents():
    return connection.vendor == "mysql"


def verify_looks_at_the_blacklist():
    return made.HAS_BLACKLIST and api_settings.BLACKLIST_AFTER_ROTATION


FAULT = "simplejwt fails with 500 at what a client can send; that is no fault of the server"
STRICT = "one token is read in one way only (RFC 7515, RFC 8725): see docs/jwt-differences.md"
GONE = "who may not log in gets no new tokens"

ALL = [
    Difference(FAULT, ["refresh_of_a_user_who_is_gone"], 500, 401),
    Difference(FAULT, ["refresh_for_an_id_that_is_none"], 500, 401),
    Difference(
        FAULT,
        ["refresh_for_an_empty_id"],
        500,
        200,
        when=lambda: made.HAS_BLACKLIST and api_settings.ROTATE_REFRESH_TOKENS,
    ),
    Difference(FAULT, ["refresh_with_exp_as_text", "verify_with_exp_as_text"], 500, 401),
    Difference(
        FAULT,
        ["refresh_with_an_issuer_of_another_kind"],
        500,
        401,
        when=lambda: api_settings.ISSUER is None,
    ),
    Difference(FAULT, ["obtain_with_hashes_that_are_cut_short"], 500, 401),
    Difference(
        FAULT,
        ["refresh_without_jti", "sliding_refresh_without_jti", "blacklist_without_jti"],
        500,
        401,
        when=lambda: made.HAS_BLACKLIST,
    ),
    Difference(
        "names and passwords are bounded before anything is looked up or hashed",
        ["obtain_with_a_long_password", "obtain_with_a_long_name"],
        401,
        400,
    ),
    Difference(
        "limits count tries of a name, so one user must not have several",
        ["obtain_with_accents"],
        200,
        401,
        when=database_ignores_accents,
    ),
    Difference(
        STRICT,
        ["refresh_with_a_padded_signature"],
        200,
        401,
        # Where one more character makes the length right.
        when=lambda: api_settings.ALGORITHM == "HS256",
    ),
    Difference(STRICT, ["verify_with_claims_of_other_kinds"], 200, 401),
    Difference(STRICT, ["verify_with_types_of_other_tokens"], 200, 401),
    Difference(
        "half of a pair of surrogates is no character, so what holds it is no JSON text (RFC 8259 section 8.2)",
        ["obtain_with_lone_surrogates"],
        place=".body",
    ),
    Difference("what is told to people is in words of its own", ["request_options"], place=".body.description"),
    Difference("`*/*` is what is accepted, not what is sent", ["request_of_any_media_type"], 401, 415),
    Difference(
        "an empty Accept says nothing (RFC 9110 section 12.5.1)", ["request_that_accepts_nothing"], 406, 401
    ),
    Difference(
        "a token that is revoked is not valid, whether or not rotation revokes",
        ["verify_of_a_blacklisted_token"],
        200,
        400,
        when=lambda: not verify_looks_at_the_blacklist(),
    ),
    Difference(
        "simplejwt's blacklist does nothing without its app, and says nothing of it",
        [
            "refresh_of_a_blacklisted_token",
            "blacklist_of_a_token_that_nobody_recorded",
            "blacklist_for_users_who_cannot_log_in",
        ],
        200,
        401,
        when=lambda: not made.HAS_BLACKLIST,
    ),
    Difference(
        "that an account is closed is looked at first",
        ["refresh_of_a_blacklisted_token_of_somebody_inactive"],
        place=".body",
        when=lambda: made.HAS_BLACKLIST and api_settings.CHECK_USER_IS_ACTIVE,
    ),
    Difference(GONE, ["sliding_refresh_for_users_who_cannot_log_in"], 200, 401),
    Difference(
        "claims of an old password are looked at here, too, as simplejwt itself does since",
        ["refresh_after_a_new_password"],
        200,
        401,
        when=lambda: api_settings.CHECK_REVOKE_TOKEN,
    ),
]


def of(name):
    """Why this case differs, where it does."""
    found = [difference for difference in ALL if name in difference.cases and difference.when()]
    return found[0] if found else None


def of_caching(theirs, ours):
    """RFC 6749 section 5.1 wants every answer to be kept out of caches, which simplejwt does not do."""
    if theirs.caching[True]:
        yield f"simplejwt keeps {theirs.caching[True]} answers out of caches by now"
    if ours.caching[False]:
        yield f"{ours.caching[False]} answers may be kept in caches"
