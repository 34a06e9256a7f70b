"""What an answer says, apart from what has to differ: random names, the hour, ids of users."""

import base64
import json
import re

TOKEN = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+")
RANDOM = re.compile(r"[0-9a-f]{32}")
# Seconds by which clocks are read sooner or later within a request.
TOLERANCE = 2


class Names:
    """Gives jtis and users the same names on both sides: by the order in which they are seen."""

    def __init__(self, start):
        self.start = start
        # When the request that is told of began and ended.
        self.begin = self.end = start
        # Where something is that is named now, so that what comes on top somewhere moves no name.
        self.place, self.count = "", 0
        self.jtis, self.users, self.hashes = {}, {}, {}

    def at(self, place):
        """What is seen from now on is seen here."""
        if place != self.place:
            self.place, self.count = place, 0

    def add_user(self, user):
        self.users[str(user.pk)] = f"user {len(self.users)}"

    def see(self, text):
        """Names what is in a token."""
        if TOKEN.fullmatch(text):
            self.told(text)

    def told(self, value):
        """A value of an answer, with names."""
        if isinstance(value, dict):
            # In an order of their own, because objects have none.
            return {name: self.told(member) for name, member in sorted(value.items())}
        if isinstance(value, list):
            return [self.told(member) for member in value]
        if isinstance(value, str) and TOKEN.fullmatch(value):
            return self.token(value)
        return value

    def token(self, text):
        header, payload, _ = text.split(".")
        try:
            header, claims = decoded(header), decoded(payload)
        except ValueError:
            return "no token"
        named = {name: self.claim(name, value) for name, value in sorted(claims.items())}
        return {"header": header, "claims": named}

    def claim(self, name, value):
        if isinstance(value, (int, float)) and value > 1e9:
            length = self.end - self.begin
            return {"kind": type(value).__name__, "time": value - self.start, "since": value - self.begin, "in": length}
        if isinstance(value, str) and RANDOM.fullmatch(value):
            if value not in self.jtis:
                self.count += 1
                self.jtis[value] = f"{self.count} of {self.place}"
            return self.jtis[value]
        if name in ("user_id", "uid") and str(value) in self.users:
            return f"{self.users[str(value)]} as {type(value).__name__}"
        if name == "hash_password":
            return self.hashes.setdefault(value, f"hash {len(self.hashes)}, {len(value)}")
        return value


def decoded(part):
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def parsed(content, status):
    """The JSON, or the text where it is none; what is said of faults inside is nobody's contract."""
    if status >= 500:
        return {}
    try:
        value = json.loads(content)
    except ValueError:
        return content.decode(errors="replace")
    # What Python's parser says of a mistake is its own.
    detail = value.get("detail") if isinstance(value, dict) else None
    if isinstance(detail, str) and detail.startswith("JSON parse error - "):
        return {"detail": "JSON parse error - "}
    return value


def compared(theirs, ours):
    """The entries that differ, with what differs in them: theirs and ours, whoever was asked first."""
    if len(theirs) != len(ours):
        yield {}, {}, [("length", len(theirs), len(ours))]
    for a, b in zip(theirs, ours, strict=False):
        # What the other side was asked is in the other one's transcript.
        pair = (b, a) if a.get("elsewhere") else (a, b)
        found = list(differences(*pair))
        if found:
            yield *pair, found


def differences(theirs, ours, place=""):
    """Where two values differ: the place and both values."""
    if is_time(theirs) and is_time(ours):
        if theirs["kind"] != ours["kind"] or not is_near(theirs, ours):
            yield place, theirs, ours
    elif isinstance(theirs, dict) and isinstance(ours, dict):
        if theirs.keys() != ours.keys():
            yield place, list(theirs), list(ours)
        for name in sorted(theirs.keys() & ours.keys()):
            yield from differences(theirs[name], ours[name], f"{place}.{name}")
    elif isinstance(theirs, list) and isinstance(ours, list) and len(theirs) == len(ours):
        for number, pair in enumerate(zip(theirs, ours, strict=True)):
            yield from differences(*pair, f"{place}[{number}]")
    elif theirs != ours or type(theirs) is not type(ours):
        yield place, theirs, ours


def is_near(theirs, ours):
    """Whether two times are the same: since the case began, or since the request did."""
    slack = TOLERANCE + theirs["in"] + ours["in"]
    return any(abs(theirs[name] - ours[name]) <= slack for name in ("time", "since"))


def is_time(value):
    return isinstance(value, dict) and "time" in value
