"""The differences that are meant to be. docs/jwt-differences.md has the reason of each.

What a difference is about is looked up in the token itself, not in how it was made, with a reader that
forgives everything.
"""

import base64
import json
import math


class Read:
    """A token, read with good will."""

    def __init__(self, token):
        parts = token.split(b".")
        self.token = token
        self.parts = parts if len(parts) == 3 else [b"", b"", b""]
        self.header_text, self.payload_text = map(lenient, self.parts[:2])
        self.header, self.payload = Json(self.header_text), Json(self.payload_text)

    def claim(self, name):
        return self.payload.members.get(name)


class Json:
    """A text, with what other readers would stumble over."""

    def __init__(self, text):
        self.duplicates = False
        self.beyond = False
        self.text = text
        try:
            value = json.loads(
                text,
                object_pairs_hook=self._pairs,
                parse_constant=self._constant,
                parse_float=self._number,
                parse_int=self._number,
            )
        except (ValueError, RecursionError):
            value = None
        self.value = value
        self.members = value if isinstance(value, dict) else {}
        self.depth, self.controls, self.surrogates = shape(value)

    def _pairs(self, pairs):
        members = dict(pairs)
        self.duplicates |= len(members) != len(pairs)
        return members

    def _constant(self, _):
        self.beyond = True
        return 0

    def _number(self, text):
        if math.isinf(float(text)):
            self.beyond = True
        return float(text) if set(text) & set(".eE") else int(text)

    @property
    def is_utf8(self):
        try:
            self.text.decode("utf-8")
        except UnicodeDecodeError:
            return False
        return not self.text.startswith(b"\xef\xbb\xbf") and b"\0" not in self.text


def lenient(part):
    try:
        return base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4))
    except ValueError:
        return b""


def shape(value):
    """How deep it is; whether a name has a control character; whether a text is no Unicode."""
    deepest, controls, surrogates = 0, False, False
    rest = [(value, 0)]
    while rest:
        value, depth = rest.pop()
        texts = [value] if isinstance(value, str) else []
        if isinstance(value, dict):
            texts = list(value)
            controls |= any(ord(one) < 32 or ord(one) == 127 for name in value for one in name)
            value = list(value.values())
        if isinstance(value, list):
            depth += 1
            rest += [(inner, depth) for inner in value]
        deepest = max(deepest, depth)
        surrogates |= any("\ud800" <= one <= "\udfff" for text in texts for one in text)
    return deepest, controls, surrogates


def either(test):
    return lambda read, _: test(read.header) or test(read.payload)


def has(*names):
    return lambda read, _: any(name in read.header.members for name in names)


def media_type(value):
    return value.lower().removeprefix("application/") if isinstance(value, str) else None


def is_time_of_another_type(read, _):
    times = [read.claim(name) for name in ("exp", "nbf", "iat")]
    return any(isinstance(time, (bool, str)) for time in times)


def is_other_type(read, _):
    return media_type(read.header.members.get("typ", "")) not in ("jwt", "")


def is_nested(read, _):
    return media_type(read.header.members.get("cty")) == "jwt"


def is_untyped_header(read, _):
    header = read.header.members
    return not all(isinstance(header.get(name, ""), str) for name in ("cty", "typ"))


def is_odd_kid(read, _):
    kid = read.header.members.get("kid")
    if not isinstance(kid, str):
        return False
    is_control = any(ord(one) < 32 or 127 <= ord(one) < 160 for one in kid)
    return not kid or len(kid.encode("utf-8", "replace")) > 256 or is_control


def is_odd_issuer(read, provider):
    return not provider.issuer and not isinstance(read.payload.members.get("iss", ""), str)


def is_odd_audience(read, provider):
    audience = read.payload.members.get("aud", "")
    texts = audience if isinstance(audience, list) else [audience]
    return not provider.audiences and not all(isinstance(text, str) for text in texts)


def is_empty_or_long(read, provider):
    return any(read.claim(name) == "" for name in provider.require) or (
        "jti" in provider.require and len(str(read.claim("jti"))) > 255
    )


def is_beyond_the_calendar(read, provider):
    exp = read.claim("exp")
    return provider.simplejwt and isinstance(exp, (int, float)) and exp > 253402300799


def is_new_name(read, _):
    return read.header.members.get("alg") == "Ed25519"


CLAIMS, HEADER, COMPACT = ("malformed_claims",), ("malformed_header",), ("not_compact", "encoding")
TEXT = HEADER + CLAIMS
PASSES = ("",)

# Name, the reasons that we give (none where we are the ones who accept), and when.
LISTED = (
    ("duplicate-members", TEXT, either(lambda text: text.duplicates)),
    ("padding", COMPACT, lambda read, _: any(b"=" in part for part in read.parts)),
    ("too-long", ("too_long",), lambda read, _: len(read.token) > 8192),
    ("not-utf-8", TEXT, either(lambda text: not text.is_utf8)),
    ("lone-surrogates", TEXT, either(lambda text: text.surrogates)),
    ("numbers-beyond", TEXT, either(lambda text: text.beyond)),
    ("depth", TEXT, lambda read, _: read.header.depth > 4 or read.payload.depth > 16),
    ("control-characters", TEXT, either(lambda text: text.controls)),
    ("critical", ("critical",), has("crit", "b64")),
    ("encrypted", ("unsupported",), has("zip", "enc", "p2c", "epk")),
    ("nested", ("unsupported",), is_nested),
    ("header-types", HEADER, is_untyped_header),
    ("type", ("type",), is_other_type),
    ("key-id", HEADER, is_odd_kid),
    ("time-type", CLAIMS, is_time_of_another_type),
    ("issuer-type", CLAIMS, is_odd_issuer),
    ("audience-type", CLAIMS, is_odd_audience),
    ("required-empty", ("claim_missing", "malformed_claims"), is_empty_or_long),
    ("ed25519-name", PASSES, is_new_name),
    ("far-future", PASSES, is_beyond_the_calendar),
)
NAMES = [name for name, _, _ in LISTED]


def name(case, provider, reason):
    """The first listed difference that this may be. Where we accept, there is no reason."""
    read = Read(case.token)
    for name, reasons, applies in LISTED:
        if reason in reasons and applies(read, provider):
            return name
    return None


def identity(claims):
    """Claims as one text: 1, 1.0 and true are three things."""
    return None if claims is None else json.dumps(claims, sort_keys=True)


def subject(claims):
    """Whom we say that a token is about: `sub`, or else the user's id."""
    found = claims.get("sub", claims.get("user_id"))
    is_number = isinstance(found, int) and not isinstance(found, bool) and abs(found) < 2**63
    return str(found) if is_number else found if isinstance(found, str) else None
