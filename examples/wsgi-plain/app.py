"""A plain PEP 3333 callable: one path per thing that an application may do, no framework.

`appserver run` in this folder serves `application`; `create_app()` is the same as a factory. The
end-to-end tests of the server use these paths, so they do not change. N, M are numbers.

    /                       hello, as a list of one chunk, with Content-Length
    /list?chunks=N          a list of N chunks, without Content-Length
    /echo                   the request body, read in one piece
    /digest                 size and SHA-256 of the body, read in pieces, as JSON
    /input?call=C&call=C    what calls on wsgi.input return, as JSON: `read`, `read:5`, `read:None`,
                            `readline`, `readline:5`, `readlines`, `readlines:5`, `iter`
    /environ                the environ as JSON; what is not a string, number or tuple as its type
    /respond?status=S&header=Name:Value&body=B
                            any status line and headers, repeated headers too
    /stream?chunks=N&size=M a generator, without Content-Length
    /stream-length?chunks=N&size=M
                            a generator, with Content-Length
    /lazy                   a generator that calls start_response at its first step
    /empty-first            a generator whose first chunks are empty
    /write                  uses the write() callable, then returns one more chunk
    /exc-info               replaces its 200 with a 500 by exc_info, before any body
    /tracked?chunks=N       an iterable with close(); /closes counts these
    /tracked-raise          the same, but raises after its first chunk
    /closes                 iterables made and closed in this process, as JSON
    /file?size=N            a real file through wsgi.file_wrapper
    /file-like?size=N       an object without fileno() through wsgi.file_wrapper
    /thread                 process, thread, and requests to this path in this thread, as JSON
    /sleep?seconds=N        waits, then says hello

What a server must survive is in trouble.py:

    /raise                  raises before start_response
    /raise-late             raises after its first chunk
    /exc-info-late          calls start_response with exc_info after its first chunk
    /twice                  calls start_response twice, without exc_info
    /no-start               returns a body without start_response
    /none                   returns None
    /str-body               returns str, not bytes
    /bad-status             a status line that is none
    /bad-header             a header value with a line break in it
    /hop-header             a hop-by-hop header
    /too-short              five bytes less than its Content-Length
    /too-long               five bytes more than its Content-Length
    /sys-exit               sys.exit(3)
    /os-exit                os._exit(3)
    /segfault               reads address 0
    /loop                   computes for ever
    /hold-gil?seconds=N     sleeps in C with the interpreter lock held
"""

import hashlib
import io
import json
import os
import sys
import tempfile
import threading
import time
from urllib.parse import parse_qs

import trouble

_tracked = {"made": 0, "closed": 0}
_this_thread = threading.local()


class Query:
    """The parameters of a request."""

    def __init__(self, environ):
        self._values = parse_qs(environ["QUERY_STRING"], keep_blank_values=True)

    def all(self, name):
        return self._values.get(name, [])

    def text(self, name, default):
        return self._values.get(name, [default])[0]

    def number(self, name, default):
        return type(default)(self.text(name, default))


class Tracked:
    """An iterable that counts its making and its close()."""

    def __init__(self, chunks, raises=False):
        self._left = iter(range(chunks))
        self._raises = raises
        _tracked["made"] += 1

    def __iter__(self):
        return self

    def __next__(self):
        number = next(self._left)
        if self._raises and number == 1:
            raise RuntimeError("this iterable breaks after its first chunk")
        return b"chunk %d\n" % number

    def close(self):
        _tracked["closed"] += 1


def _plain(start_response, body, content_type="text/plain"):
    start_response("200 OK", [("Content-Type", content_type), ("Content-Length", str(len(body)))])
    return [body]


def _json(start_response, value):
    return _plain(start_response, json.dumps(value).encode(), "application/json")


def _open(start_response, *headers):
    """Starts a response whose length the server is not told."""
    return start_response("200 OK", [("Content-Type", "text/plain"), *headers])


def hello(environ, start_response, query):
    return _plain(start_response, b"hello\n")


def chunk_list(environ, start_response, query):
    _open(start_response)
    return [b"chunk %d\n" % number for number in range(query.number("chunks", 3))]


def echo(environ, start_response, query):
    content_type = environ.get("CONTENT_TYPE") or "application/octet-stream"
    return _plain(start_response, environ["wsgi.input"].read(), content_type)


def digest(environ, start_response, query):
    sha256, size = hashlib.sha256(), 0
    while piece := environ["wsgi.input"].read(65536):
        sha256.update(piece)
        size += len(piece)
    return _json(start_response, {"size": size, "sha256": sha256.hexdigest()})


def input_calls(environ, start_response, query):
    stream = environ["wsgi.input"]
    results = []
    for call in query.all("call"):
        name, _, argument = call.partition(":")
        if name == "iter":
            result = list(stream)
        elif argument:
            result = getattr(stream, name)(None if argument == "None" else int(argument))
        else:
            result = getattr(stream, name)()
        if isinstance(result, list):
            results.append([line.decode("latin-1") for line in result])
        else:
            results.append(result.decode("latin-1"))
    return _json(start_response, results)


def dump_environ(environ, start_response, query):
    def shown(value):
        return value if isinstance(value, (str, int, tuple)) else f"<{type(value).__name__}>"

    return _json(start_response, {key: shown(value) for key, value in environ.items()})


def respond(environ, start_response, query):
    headers = [tuple(header.split(":", 1)) for header in query.all("header")]
    start_response(query.text("status", "200 OK"), headers)
    body = query.text("body", "").encode()
    return [body] if body else []


def stream(environ, start_response, query):
    _open(start_response)
    return _chunks(query)


def stream_length(environ, start_response, query):
    length = query.number("chunks", 10) * query.number("size", 16)
    _open(start_response, ("Content-Length", str(length)))
    return _chunks(query)


def _chunks(query):
    size = query.number("size", 16)
    for number in range(query.number("chunks", 10)):
        yield (b"chunk %d " % number).ljust(size, b".")[:size]


def lazy(environ, start_response, query):
    _open(start_response)
    yield b"lazy\n"


def empty_first(environ, start_response, query):
    _open(start_response)
    yield b""
    yield b""
    yield b"not empty\n"


def write(environ, start_response, query):
    send = _open(start_response)
    send(b"written\n")
    send(b"written again\n")
    return [b"returned\n"]


def exc_info(environ, start_response, query):
    start_response("200 OK", [("Content-Type", "text/plain")])
    try:
        raise ValueError("replaced")
    except ValueError:
        headers = [("Content-Type", "text/plain"), ("Content-Length", "9")]
        start_response("500 Replaced", headers, sys.exc_info())
    return [b"replaced\n"]


def tracked(environ, start_response, query):
    _open(start_response)
    return Tracked(query.number("chunks", 3))


def tracked_raise(environ, start_response, query):
    _open(start_response)
    return Tracked(3, raises=True)


def closes(environ, start_response, query):
    return _json(start_response, {"pid": os.getpid(), **_tracked})


def file(environ, start_response, query):
    sent = tempfile.TemporaryFile()
    sent.write(_pattern(query))
    sent.seek(0)
    _open(start_response)
    return environ["wsgi.file_wrapper"](sent, 8192)


def file_like(environ, start_response, query):
    _open(start_response)
    return environ["wsgi.file_wrapper"](io.BytesIO(_pattern(query)), 8192)


def _pattern(query):
    size = query.number("size", 100_000)
    return (bytes(range(256)) * (size // 256 + 1))[:size]


def thread(environ, start_response, query):
    _this_thread.requests = getattr(_this_thread, "requests", 0) + 1
    current = threading.current_thread()
    facts = {
        "pid": os.getpid(),
        "parent_pid": os.getppid(),
        "thread": current.name,
        "thread_id": current.ident,
        "main_thread": current is threading.main_thread(),
        "requests_in_thread": _this_thread.requests,
    }
    return _json(start_response, facts)


def sleep(environ, start_response, query):
    time.sleep(query.number("seconds", 1.0))
    return hello(environ, start_response, query)


PATHS = {
    "/": hello,
    "/list": chunk_list,
    "/echo": echo,
    "/digest": digest,
    "/input": input_calls,
    "/environ": dump_environ,
    "/respond": respond,
    "/stream": stream,
    "/stream-length": stream_length,
    "/lazy": lazy,
    "/empty-first": empty_first,
    "/write": write,
    "/exc-info": exc_info,
    "/tracked": tracked,
    "/tracked-raise": tracked_raise,
    "/closes": closes,
    "/file": file,
    "/file-like": file_like,
    "/thread": thread,
    "/sleep": sleep,
    **trouble.PATHS,
}


def application(environ, start_response):
    behaviour = PATHS.get(environ["PATH_INFO"])
    if behaviour is None:
        start_response("404 Not Found", [("Content-Type", "text/plain"), ("Content-Length", "10")])
        return [b"not found\n"]
    return behaviour(environ, start_response, Query(environ))


def create_app():
    """Returns the application, for servers that are given a factory."""
    return application
