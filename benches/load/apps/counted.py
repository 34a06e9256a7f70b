"""Answers with how often it has been called, this time included."""

from itertools import count

CALLS = count(1)


def application(environ, start_response):
    body = str(next(CALLS)).encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
