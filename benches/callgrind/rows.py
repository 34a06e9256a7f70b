"""What is counted: a server each, and the request that it gets again and again.

A row belongs here if its count hardly changes from run to run: the same work for each request, next to
no timers, no disk.
"""

import base64
import hashlib
import hmac
import json
import os
from dataclasses import dataclass, field

HELLO = b"Hello, world!"
BODY = bytes(range(32, 128)) * 10 + b"*" * 64  # 1 KiB
SECRET = "9f2k-Vq7LxTzR0p1mWc8YdHs3GbUe6JnA4oKiMZt5"
NEVER = 4_102_444_800  # 2100-01-01, in seconds since 1970
FLOOR = "floor"
# What time would decide, is switched off: everything is some fifty times slower than usual.
PATIENCE = (
    "--boot-timeout 10m --timeout off --keepalive 10m --set http.header_timeout=10m"
    " --graceful-timeout 1s"
)
TOKENS = """\
[auth.jwt]
default = "required"
[auth.jwt.providers.hs256]
algorithms = ["HS256"]
require = ["exp", "jti"]
token_types = ["access"]
secret = { file = "{folder}/hs256.key" }
"""
STATIC = """\
[static.mounts."/static/"]
root = "{folder}/files"
"""
STYLES = "".join(f".column-{number} {{ width: {number}px; }}\n" for number in range(40))
# When files were written last, in seconds since 1970: the same each time, as are the fields about it.
WRITTEN = 1_700_000_000


@dataclass(frozen=True)
class Row:
    """One server and one kind of request."""

    name: str
    what: str
    app: str = "hello:application"
    flags: str = "--interface wsgi --threads 1"
    target: str = "/"
    body: bytes = b""
    fields: dict = field(default_factory=dict)
    expected: bytes = HELLO
    files: dict = field(default_factory=dict)  # text by name; {folder} stands for where they are
    config: str = ""  # which of the files holds the settings

    @property
    def is_native(self):
        """Whether no interpreter has a part in it."""
        return self.name == FLOOR

    def request(self, port):
        """The bytes of one request."""
        fields = {"Host": f"127.0.0.1:{port}", **self.fields}
        if self.body:
            fields["Content-Length"] = len(self.body)
        lines = [f"{'POST' if self.body else 'GET'} {self.target} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in fields.items()]
        return "\r\n".join([*lines, "", ""]).encode() + self.body

    def write_files(self, folder):
        """Puts what the server reads into this folder."""
        for name, text in self.files.items():
            path = folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text.replace("{folder}", str(folder)))
            os.utime(path, (WRITTEN, WRITTEN))


def token():
    """A token as simplejwt would sign it; the same each time."""
    claims = {"token_type": "access", "exp": NEVER, "iat": 1_700_000_000, "jti": "0" * 32}
    parts = [{"alg": "HS256", "typ": "JWT"}, claims | {"user_id": "1"}]
    signed = b".".join(base64url(json.dumps(part).encode()) for part in parts)
    signature = hmac.new(SECRET.encode(), signed, hashlib.sha256).digest()
    return (signed + b"." + base64url(signature)).decode()


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


ASGI = "--interface asgi --set asgi.blocked_warning=off"

ROWS = (
    Row(FLOOR, "hyper alone"),
    Row("wsgi", "WSGI hello, one thread"),
    Row("wsgi-4", "WSGI hello, four threads", flags="--interface wsgi --threads 4"),
    Row("wsgi-post", "WSGI, 1 KB there and back", "echo:application", body=BODY, expected=BODY),
    Row(
        "wsgi-jwt",
        "WSGI hello behind an HS256 token that is remembered",
        fields={"Authorization": f"Bearer {token()}"},
        files={"appserver.toml": TOKENS, "hs256.key": SECRET},
        config="appserver.toml",
    ),
    Row(
        "static",
        "a style sheet of 1 KB that is kept in memory",
        target="/static/site.css",
        expected=STYLES.encode(),
        files={"appserver.toml": STATIC, "files/site.css": STYLES},
        config="appserver.toml",
    ),
    Row("asgi", "ASGI hello", "asgi_hello:application", ASGI),
    Row("asgi-turn", "ASGI hello after `sleep(0)`", "asgi_await:turn", ASGI),
)
