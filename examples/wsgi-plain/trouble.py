"""What applications do wrong, each under a path of its own; app.py documents them.

Each of these may cost its own request or its own worker, never another request.
"""

import ctypes
import os
import sys

_TEXT = ("Content-Type", "text/plain")


def fail(environ, start_response, query):
    raise RuntimeError("this path always raises")


def fail_late(environ, start_response, query):
    start_response("200 OK", [_TEXT])
    yield b"first\n"
    raise RuntimeError("this path raises after its first chunk")


def exc_info_late(environ, start_response, query):
    start_response("200 OK", [_TEXT])
    yield b"first\n"
    try:
        raise ValueError("too late for another status")
    except ValueError:
        start_response("500 Late", [_TEXT], sys.exc_info())
    yield b"never sent\n"


def twice(environ, start_response, query):
    start_response("200 OK", [_TEXT])
    start_response("200 OK", [_TEXT])
    return [b"never sent\n"]


def no_start(environ, start_response, query):
    return [b"never sent\n"]


def none(environ, start_response, query):
    start_response("200 OK", [_TEXT])


def str_body(environ, start_response, query):
    start_response("200 OK", [_TEXT])
    return ["text"]


def bad_status(environ, start_response, query):
    start_response("fine", [_TEXT])
    return [b"never sent\n"]


def bad_header(environ, start_response, query):
    start_response("200 OK", [_TEXT, ("X-Broken", "one\r\nX-Smuggled: two")])
    return [b"never sent\n"]


def hop_header(environ, start_response, query):
    start_response("200 OK", [_TEXT, ("Transfer-Encoding", "chunked")])
    return [b"never sent\n"]


def too_short(environ, start_response, query):
    start_response("200 OK", [_TEXT, ("Content-Length", "10")])
    return [b"12345"]


def too_long(environ, start_response, query):
    start_response("200 OK", [_TEXT, ("Content-Length", "10")])
    return [b"1234567890", b"12345"]


def sys_exit(environ, start_response, query):
    sys.exit(3)


def os_exit(environ, start_response, query):
    os._exit(3)


def segfault(environ, start_response, query):
    ctypes.string_at(0)


def loop(environ, start_response, query):
    while True:
        pass


def hold_gil(environ, start_response, query):
    # PyDLL, unlike CDLL, calls without letting go of the interpreter lock.
    ctypes.PyDLL(None).usleep(int(query.number("seconds", 1.0) * 1_000_000))
    start_response("200 OK", [_TEXT, ("Content-Length", "5")])
    return [b"held\n"]


PATHS = {
    "/raise": fail,
    "/raise-late": fail_late,
    "/exc-info-late": exc_info_late,
    "/twice": twice,
    "/no-start": no_start,
    "/none": none,
    "/str-body": str_body,
    "/bad-status": bad_status,
    "/bad-header": bad_header,
    "/hop-header": hop_header,
    "/too-short": too_short,
    "/too-long": too_long,
    "/sys-exit": sys_exit,
    "/os-exit": os_exit,
    "/segfault": segfault,
    "/loop": loop,
    "/hold-gil": hold_gil,
}
