"""One case, told to one side: requests and what came of them, in a form that both sides share."""

import collections
import http.client
import json
import time
import urllib.parse

import made
import transcript

PATHS = {
    "obtain": "/api/token/",
    "refresh": "/api/token/refresh/",
    "verify": "/api/token/verify/",
    "blacklist": "/api/token/blacklist/",
    "sliding": "/api/sliding/",
    "sliding_refresh": "/api/sliding/refresh/",
}
# Fields of answers that clients go by.
FIELDS = ("www-authenticate", "allow", "content-type")


class Side:
    """A server."""

    def __init__(self, name, port):
        self.name, self.port = name, port
        # Answers to POST that may be kept in caches, and those that may not.
        self.caching = collections.Counter()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def answered(self, method, is_kept_out_of_caches):
        if method == "POST":
            self.caching[is_kept_out_of_caches] += 1

    def request(self, method, path, body=None, headers=()):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.putrequest(method, path, skip_accept_encoding=True)
            for name, value in headers:
                connection.putheader(name, value)
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()


class Talk:
    """What a case is given. `post` and the like ask this side, `elsewhere` is the same on the other."""

    def __init__(self, name, side, other, parent=None):
        self.name, self.side, self.other = name, side, other
        self.start = int(time.time()) if parent is None else parent.start
        self.entries = [] if parent is None else parent.entries
        self.names = transcript.Names(self.start) if parent is None else parent.names
        self.users = [] if parent is None else parent.users
        self.elsewhere = Talk(name, other, side, self) if parent is None else None

    def run(self, case):
        case(self)
        return self.entries

    def user(self, username=None, **fields):
        """A new user; nobody of the other side has this name."""
        user = made.user(username or f"{self.name}-{self.side.name}-{len(self.users)}", **fields)
        self.users.append(user)
        self.names.add_user(user)
        return user

    def token(self, kind="refresh", user=None, without=(), **changes):
        """A token of simplejwt's making, with its rows; `without` and `changes` are about claims."""
        return self.known(made.token(kind, user, without, changes))

    def known(self, text):
        """A token that was shown before anything is asked."""
        self.names.at(f"what was made before answer {len(self.entries)}")
        self.names.see(text)
        return text

    def login(self, user, endpoint="obtain", password="pw"):
        """Logs in, and gives what came."""
        return self.post(endpoint, {"username": user.get_username(), "password": password})

    def post(self, endpoint, data, *headers):
        """Asks with JSON."""
        return self.send(endpoint, json.dumps(data).encode(), "application/json", *headers)

    def form(self, endpoint, data):
        body = urllib.parse.urlencode(data).encode()
        return self.send(endpoint, body, "application/x-www-form-urlencoded")

    def send(self, endpoint, body, content_type, *headers):
        """Asks with bytes; no content type where it is None."""
        if content_type is not None:
            headers = (("Content-Type", content_type), *headers)
        return self.request("POST", PATHS[endpoint], body, headers)

    def method(self, method, endpoint, *headers):
        return self.request(method, PATHS[endpoint], None, headers)

    def me(self, token):
        """What a protected view of this side says of who it is."""
        headers = [("Authorization", f"Bearer {token}")]
        status, _, body = self.side.request("GET", "/api/me/", None, headers)
        user = json.loads(body).get("user") if status == 200 else None
        is_right = user in [user.get_username() for user in self.users]
        self.entries.append({"asked": "me", "status": status, "is right": is_right})

    def rows(self, user):
        """What the database has for this user."""
        self.entries.append({"rows": made.rows(user)})

    def request(self, method, path, body, headers):
        self.names.begin = time.time()
        status, fields, content = self.side.request(method, path, body, headers)
        self.names.end = time.time()
        entry = {"asked": f"{method} {path}", "status": status}
        if self.elsewhere is None:
            entry["elsewhere"] = True
        entry |= {name: fields[name] for name in FIELDS}
        self.names.at(f"answer {len(self.entries)}")
        entry["body"] = self.names.told(transcript.parsed(content, status))
        self.entries.append(entry)
        self.side.answered(method, is_uncached(fields))
        return transcript.parsed(content, status)

    def good_everywhere(self, answer):
        """Shows what was given out to both sides."""
        for token in [answer[name] for name in ("refresh", "access", "token") if name in answer]:
            for talk in (self, self.elsewhere):
                talk.post("verify", {"token": token})
        for name in ("access", "token"):
            for talk in (self, self.elsewhere):
                if name in answer:
                    talk.me(answer[name])


def is_uncached(fields):
    return "no-store" in fields.get("Cache-Control", "") and fields.get("Pragma") == "no-cache"
