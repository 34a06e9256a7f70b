"""Notes every request that reaches it, before it answers with the body that it has read.

The notes go to the file that `BENCH_WITNESS` names, a line each: `called` at once, `complete` when the
whole body could be read, then the `X-Case` of the request and its path. One application in every
dress that a server wants: WSGI, ASGI, Flask's and Django's settings.
"""

import os

FILE = os.open(os.environ["BENCH_WITNESS"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)

# For a development server that serves Django projects only: this module is the settings, too.
SECRET_KEY = "only for measuring on loopback, never for a real site"
DEBUG = True
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "witness"
WSGI_APPLICATION = "witness.application"
urlpatterns = []


def note(word, case, path):
    line = f"{word}\t{case}\t{path}\n".encode("utf-8", "backslashreplace")
    os.write(FILE, line)


def application(environ, start_response):
    seen = environ.get("HTTP_X_CASE", ""), environ.get("PATH_INFO", "")
    note("called", *seen)
    body = whole_body(environ)
    note("complete", *seen)
    length = ("Content-Length", str(len(body)))
    start_response("200 OK", [("Content-Type", "application/octet-stream"), length])
    return [body]


def whole_body(environ):
    """As frameworks read it: to the end where the server marks the end, else by its length."""
    stream = environ["wsgi.input"]
    if environ.get("wsgi.input_terminated"):
        return stream.read()
    length = environ.get("CONTENT_LENGTH") or ""
    return stream.read(int(length)) if length.isdecimal() else b""


async def asgi_application(scope, receive, send):
    if scope["type"] != "http":
        return
    case = dict(scope["headers"]).get(b"x-case", b"").decode("latin-1")
    note("called", case, scope["path"])
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body += message.get("body", b"")
        more = message.get("more_body", False)
    note("complete", case, scope["path"])
    length = (b"content-length", str(len(body)).encode())
    headers = [(b"content-type", b"application/octet-stream"), length]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def flask():
    """Flask's own server asks for an application of Flask; this one hands everything on."""
    from flask import Flask

    made = Flask(__name__)
    made.wsgi_app = application
    return made


if __name__ == "__main__":
    from django.core.management import execute_from_command_line

    os.environ["DJANGO_SETTINGS_MODULE"] = "witness"
    execute_from_command_line()
