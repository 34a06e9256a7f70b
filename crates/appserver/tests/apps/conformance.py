"""What the end-to-end tests ask of the server beyond examples/wsgi-plain, which serves the rest.

`application` counts its calls; `validated` is the same behind wsgiref.validate.

    /calls                  calls of the application so far, /calls not included, as JSON
    /input?size=N&seed=S    reads wsgi.input with random calls, and says where it differs from an
                            io.BytesIO of the body that the tests send; `same` if it does not
    /input?size=N&call=C    the same with these calls, as in `read:5`, `readline`, `iter`
    /endless                a generator of 64 KiB blocks that never ends
    /endless-object         the same as an iterator with close()
    /generator?fail=N       a generator of three chunks that raises before chunk N
    /closed                 how often each of these was finished, as JSON
    /close-raises           an iterable whose close() raises
    /offset-file?offset=N   a file through wsgi.file_wrapper that was read to N before
    /gzip-file              a file object whose descriptor gives other bytes than its read()
    /sparse-file            a file of 1 GiB without content
    /closed-file            whether the files of the three paths above were closed, as JSON
    /exc-info-after-write   calls write() and then start_response with exc_info
    /write-only             uses write() for everything
    /swallow                ignores the body that it is sent
    /barrier?parties=N      waits until N requests are here
    /gate?port=N            yields a chunk, connects to the port, and yields another when it is closed
    /headers                the headers that it was sent, as JSON
    /twice-cookie           two Set-Cookie fields
    /keep-environ           changes its environ, which must not reach the next request
    /errors?text=T          writes to wsgi.errors
    /exit-in-stream         sys.exit() in a generator after its first chunk
    /base-exception         raises a BaseException of its own
"""

import collections
import gzip
import io
import json
import os
import random
import socket
import sys
import tempfile
import threading
import weakref
from urllib.parse import parse_qs
from wsgiref.validate import validator

import app as plain

_lock = threading.Lock()
_calls = 0
_closed = collections.Counter()
_files = {}
_barriers = {}


def body(size):
    """Lines of growing length, some empty, cut to `size`. The tests make the same bytes."""
    whole = io.BytesIO()
    number = 0
    while whole.tell() < size:
        whole.write(b"%d:" % number + b"x" * (number * 7 % 301) + b"\n" * (1 + number % 3 // 2))
        number += 1
    return whole.getvalue()[:size]


def _random_calls(seed):
    chance = random.Random(seed)
    sizes = [None, -1, 0, 1, 2, 7, 100, 4096, 65536, 65537, 300_000]
    for _ in range(chance.randrange(1, 60)):
        name = chance.choice(["read", "read", "readline", "readline", "readlines", "next"])
        if name == "next" or chance.random() < 0.1:
            yield name, ()
        else:
            # Calls that take everything end the test, so they are rare.
            size = chance.choice(sizes[2:] if chance.random() < 0.95 else sizes)
            yield name, (size,)
    yield "iter", ()
    yield "read", ()


def _told_calls(texts):
    for text in texts:
        name, _, argument = text.partition(":")
        yield name, ((None if argument == "None" else int(argument),) if argument else ())


def _result(stream, name, arguments):
    if name == "iter":
        return list(stream)
    if name == "next":
        return next(iter(stream), "the end")
    return getattr(stream, name)(*arguments)


def compare_input(environ, query):
    expected = io.BytesIO(body(int(query["size"][0])))
    calls = _told_calls(query["call"]) if "call" in query else _random_calls(query["seed"][0])
    for number, (name, arguments) in enumerate(calls):
        wanted = _result(expected, name, arguments)
        found = _result(environ["wsgi.input"], name, arguments)
        if found != wanted or type(found) is not type(wanted):
            text = f"call {number}, {name}{arguments}: {found!r:.200} instead of {wanted!r:.200}"
            return text.encode()
    return b"same"


class Endless:
    def __iter__(self):
        return self

    def __next__(self):
        return b"." * 65536

    def close(self):
        _closed["endless-object"] += 1


class CloseRaises:
    def __iter__(self):
        return iter([b"a body\n"])

    def close(self):
        _closed["close-raises"] += 1
        raise RuntimeError("this close() always raises")


def endless():
    try:
        while True:
            yield b"." * 65536
    finally:
        _closed["endless"] += 1


def failing(last):
    try:
        for number in range(3):
            if number == last:
                raise RuntimeError("this generator breaks where it was told to")
            yield b"chunk %d\n" % number
    finally:
        _closed["generator"] += 1


def exiting():
    yield b"first\n"
    sys.exit("the stream leaves")


class Own(BaseException):
    pass


def _raise_own():
    raise Own("not an Exception")


def gated(port):
    yield b"first\n"
    for chunk in (b"second\n", b"third\n", b"fourth\n"):
        with socket.create_connection(("127.0.0.1", port)) as gate:
            gate.recv(1)
        yield chunk


def _text(start_response, text, *headers):
    body = text if isinstance(text, bytes) else json.dumps(text).encode()
    length = ("Content-Length", str(len(body)))
    start_response("200 OK", [("Content-Type", "text/plain"), length, *headers])
    return [body]


def _start(start_response, *headers):
    return start_response("200 OK", [("Content-Type", "text/plain"), *headers])


def _file(environ, start_response, name, opened):
    _files[name] = opened
    _start(start_response)
    return environ["wsgi.file_wrapper"](opened)


def _offset_file(environ, start_response, offset):
    opened = tempfile.TemporaryFile()
    opened.write(body(300_000))
    opened.seek(0)
    opened.read(offset)
    return _file(environ, start_response, "offset", opened)


def _gzip_file(environ, start_response):
    packed = io.BytesIO(gzip.compress(body(300_000)))
    named = tempfile.NamedTemporaryFile()
    named.write(packed.getvalue())
    named.seek(0)
    return _file(environ, start_response, "gzip", gzip.GzipFile(fileobj=named))


def _sparse_file(environ, start_response):
    opened = tempfile.TemporaryFile()
    opened.truncate(1 << 30)
    return _file(environ, start_response, "sparse", opened)


def _exc_info_after_write(start_response):
    write = _start(start_response)
    write(b"written\n")
    try:
        raise ValueError("too late for another status")
    except ValueError:
        start_response("500 Late", [("Content-Type", "text/plain")], sys.exc_info())
    return [b"never sent\n"]


def _write_only(start_response):
    write = _start(start_response)
    for number in range(3):
        write(b"write %d\n" % number)
    return []


def _barrier(start_response, parties):
    with _lock:
        barrier = _barriers.setdefault(parties, threading.Barrier(parties))
    place = barrier.wait(20)
    return _text(start_response, {"place": place, "pid": os.getpid()})


def _keep_environ(environ, start_response):
    known = environ.get("test.kept", "nothing")
    environ["test.kept"] = "kept"
    environ["wsgi.multithread"] = "changed"
    environ["HTTP_X_KEPT"] = "kept"
    return _text(start_response, known.encode())


def _errors(environ, start_response, query):
    environ["wsgi.errors"].write(query["text"][0] + "\n")
    environ["wsgi.errors"].writelines(["line one of two\n", "line two of two\n"])
    environ["wsgi.errors"].flush()
    return _text(start_response, b"written")


# What an application knows of requests, for as long as they live.
_owners = weakref.WeakKeyDictionary()


def answer(environ, start_response):
    query = parse_qs(environ["QUERY_STRING"], encoding="latin-1")
    match environ["PATH_INFO"]:
        case "/input":
            return _text(start_response, compare_input(environ, query))
        case "/endless":
            _start(start_response)
            return endless()
        case "/endless-object":
            _start(start_response)
            return Endless()
        case "/generator":
            _start(start_response)
            return failing(int(query.get("fail", ["9"])[0]))
        case "/close-raises":
            _start(start_response)
            return CloseRaises()
        case "/offset-file":
            return _offset_file(environ, start_response, int(query["offset"][0]))
        case "/gzip-file":
            return _gzip_file(environ, start_response)
        case "/sparse-file":
            return _sparse_file(environ, start_response)
        case "/exc-info-after-write":
            return _exc_info_after_write(start_response)
        case "/write-only":
            return _write_only(start_response)
        case "/swallow":
            return _text(start_response, b"not read")
        case "/barrier":
            return _barrier(start_response, int(query["parties"][0]))
        case "/gate":
            _start(start_response)
            return gated(int(query["port"][0]))
        case "/headers":
            sent = {key: value for key, value in environ.items() if key.startswith("HTTP_")}
            return _text(start_response, sent)
        case "/twice-cookie":
            cookies = [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("X-Latin", "caf\xe9")]
            return _text(start_response, b"two", *cookies)
        case "/keep-environ":
            return _keep_environ(environ, start_response)
        case "/owner":
            owner = _owners.setdefault(start_response, query["name"][0])
            return _text(start_response, owner.encode())
        case "/errors":
            return _errors(environ, start_response, query)
        case "/exit-in-stream":
            _start(start_response)
            return exiting()
        case "/base-exception":
            return _raise_own()
    return plain.application(environ, start_response)


def application(environ, start_response):
    match environ["PATH_INFO"]:
        case "/calls":
            return _text(start_response, {"calls": _calls, "pid": os.getpid()})
        case "/closed":
            return _text(start_response, _closed)
        case "/closed-file":
            return _text(start_response, {name: file.closed for name, file in _files.items()})
    _count()
    return answer(environ, start_response)


def _count():
    global _calls
    with _lock:
        _calls += 1


validated = validator(application)
