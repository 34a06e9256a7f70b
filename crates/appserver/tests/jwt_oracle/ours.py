"""Our side: the real server, and an app that says who it is called by."""

import json
import socket
from dataclasses import dataclass

APP = '''"""Says who a request is from, and how often it was called for one."""

import json

calls = 0


def application(environ, start_response):
    global calls
    verified = environ.get("appserver.auth")
    told = {"calls": calls}
    if verified is not None:
        calls += 1
        told = {"provider": verified.provider, "text": json.dumps(dict(verified.claims))}
        told["subject"] = verified.subject
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(told).encode()]
'''


@dataclass(frozen=True)
class Verdict:
    """Whether a token passes: claims if it does, a reason if it does not."""

    claims: dict | None
    reason: str = ""
    subject: str | None = None


def settings(made, folder):
    """`appserver.toml`: a path for each provider. Fields may be longer than the longest token."""
    lines = ["[http]", "limit_request_field_size = 16000", "", "[auth.jwt]", 'error_body = "problem+json"', 'default = "none"']
    for one in made.values():
        lines += ["", f"[auth.jwt.providers.{one.name}]", f"algorithms = {json.dumps(one.algorithms)}"]
        key = json.dumps(str(folder / f"{one.name}.key"))
        lines.append(f"secret = {{ file = {key} }}" if one.secret else f"public_keys = [{key}]")
        lines.append(f"require = {json.dumps(one.require)}")
        lines.append(f'leeway = "{one.leeway}s"')
        if one.issuer:
            lines.append(f"issuer = {json.dumps(one.issuer)}")
        if one.audiences:
            lines.append(f"audiences = {json.dumps(one.audiences)}")
        if one.simplejwt:
            lines.append('token_types = ["access"]')
    for one in made.values():
        lines += ["", "[[auth.jwt.rules]]", f'path = "/{one.name}/"', f'require = "{one.name}"']
    return "\n".join(lines) + "\n"


class Server:
    """One connection at a time to a server on loopback."""

    def __init__(self, port):
        self.port = port
        self.file = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._close()

    def ask(self, path, token):
        """What the server makes of a token."""
        status, body = self._get(path, b"Authorization: Bearer " + token + b"\r\n")
        if status == 200:
            told = json.loads(body)
            if told.get("provider") != path:
                raise RuntimeError(f"{path} passed as {told}")
            return Verdict(json.loads(told["text"]), subject=told["subject"])
        if status not in (400, 401, 403, 431):
            raise RuntimeError(f"status {status} for a token: {body!r}")
        try:
            return Verdict(None, json.loads(body)["reason"])
        except (ValueError, KeyError):
            return Verdict(None, f"status {status}")

    def calls(self):
        """How often the app was called with a token."""
        return json.loads(self._get("calls", b"")[1])["calls"]

    def _get(self, path, field):
        """A request over the open connection, or over another one if the server has closed it."""
        request = b"GET /%s/ HTTP/1.1\r\nHost: localhost\r\n%s\r\n" % (path.encode(), field)
        for attempt in range(2):
            if self.file is None:
                self._open()
            try:
                self.file.write(request)
                self.file.flush()
                return self._answer()
            except (ConnectionError, EOFError):
                self._close()
                if attempt:
                    raise
        raise AssertionError("unreachable")

    def _answer(self):
        line = self.file.readline()
        if not line:
            raise EOFError("the connection has ended")
        fields = {}
        while (field := self.file.readline().strip()) != b"":
            name, _, value = field.partition(b":")
            fields[name.lower()] = value.strip()
        body = self.file.read(int(fields.get(b"content-length", 0)))
        if fields.get(b"connection", b"").lower() == b"close":
            self._close()
        return int(line.split()[1]), body

    def _open(self):
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        self.file = connection.makefile("rwb")
        connection.close()

    def _close(self):
        if self.file is not None:
            try:
                self.file.close()
            except OSError:
                pass
            self.file = None
