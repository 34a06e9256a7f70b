#!/usr/bin/env python3
"""Everyday visitors of the story's Django project, at a bounded rate, until the time is over.

    clients/mixed.py PORT RATE SECONDS

Pages with and without the database, uploads, a large page, a file; on connections that are kept and on
new ones. A tenth breaks off: in the head, in an upload, in the answer, or while the page works; half of
those with a reset. Every answer is checked. Each second a line of JSON tells what has happened so far.
A request on a kept connection that ends without a byte of an answer is sent again once, as RFC 9110
section 9.2.2 allows for GET; that is counted.
"""

import asyncio
import json
import socket
import struct
import sys
import time
from collections import Counter

MOST_RATE, MOST_SECONDS = 1000, 4 * 3600
PATIENCE = 30.0
VISITORS = 16
PICTURE = 100 * 1024
BIG = 1024 * 1024
UPLOAD = b"u" * 65536
# Of twenty requests; the ones that break off are every tenth, in turn.
PLAN = ("fast", "items", "fast", "picture", "fast", "items", "upload", "fast", "items", "leave")
PLAN += ("fast", "items", "fast", "picture", "fast", "items", "big", "fast", "items", "leave")
LEAVING = ("head", "body", "answer", "wait")


class Unsent(Exception):
    """A kept connection was closed before a byte of the answer: the request may be sent again."""


class Visitor:
    """One after the other, its own requests, and the connection that it keeps."""

    def __init__(self, port, counts, number):
        self.port, self.counts = port, counts
        self.turn, self.left = number * 7, number
        self.kept = None

    async def next(self):
        """The next request of the plan."""
        self.turn += 1
        kind = PLAN[self.turn % len(PLAN)]
        try:
            await asyncio.wait_for(self.leave() if kind == "leave" else self.ask(kind), PATIENCE)
        except TimeoutError:
            self.count("failed", kind, "timeout")
        except (OSError, EOFError, ValueError) as error:
            self.count("failed", kind, type(error).__name__)

    async def ask(self, kind):
        """One request with its answer, on the kept connection every second time."""
        keep = self.turn % 2 == 0
        try:
            await self.exchange(kind, keep, self.kept if keep else None)
        except Unsent:
            self.count("repeated", kind)
            await self.exchange(kind, keep, None)

    async def exchange(self, kind, keep, connection):
        is_used = connection is not None
        if is_used:
            self.kept = None
        reader, writer = connection or await self.connect()
        try:
            await self.send(writer, kind, keep, is_used)
            status, size, goes_on = await answer(reader, is_used and kind != "upload")
        except BaseException:
            writer.transport.abort()
            raise
        if status != 200 or size != expected(kind, size):
            self.count("failed", kind, f"status {status}, {size} bytes")
        else:
            self.count("answered", kind)
        if keep and goes_on:
            self.kept = (reader, writer)
        else:
            writer.close()

    async def send(self, writer, kind, keep, is_used):
        try:
            writer.write(request(kind, keep))
            await writer.drain()
        except ConnectionError:
            if is_used and kind != "upload":
                raise Unsent from None
            raise

    async def connect(self):
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def leave(self):
        """Breaks off, one way after the other; half the time with a reset."""
        self.left += 1
        where = LEAVING[self.left % len(LEAVING)]
        reader, writer = await self.connect()
        try:
            writer.write(beginning(where))
            await writer.drain()
            if where == "answer":
                await reader.readexactly(1000)
            elif where == "wait":
                await asyncio.sleep(0.05)
        finally:
            if self.left // len(LEAVING) % 2:
                linger = struct.pack("ii", 1, 0)
                connection = writer.get_extra_info("socket")
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            writer.transport.abort()
        self.count("left", where)

    def count(self, *words):
        self.counts[" ".join(words)] += 1


def head(method, path, *fields):
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *fields]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def request(kind, keep):
    """The bytes of a whole request."""
    fields = () if keep else ("Connection: close",)
    if kind == "upload":
        kinds = (f"Content-Length: {len(UPLOAD)}", "Content-Type: application/octet-stream")
        return head("POST", "/upload", *kinds, *fields) + UPLOAD
    path = "/static/picture.jpg" if kind == "picture" else f"/{kind}"
    return head("GET", path, *fields)


def beginning(where):
    """What is sent before leaving."""
    if where == "head":
        return b"GET /fast HTTP/1.1\r\nHost: 127"
    if where == "body":
        return head("POST", "/upload", f"Content-Length: {len(UPLOAD)}") + UPLOAD[:9999]
    return head("GET", "/big" if where == "answer" else "/slow?seconds=0.1")


def expected(kind, size):
    """The length of a right body; that of JSON is not known beforehand."""
    return {"fast": 13, "big": BIG, "picture": PICTURE}.get(kind, max(size, 1))


async def answer(reader, may_repeat):
    """Status, length of the body, and whether the connection can be used again."""
    try:
        first = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError) as error:
        if may_repeat and not getattr(error, "partial", b""):
            raise Unsent from None
        raise
    lines = first.decode("latin-1").split("\r\n")
    fields = {}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        fields[name.lower()] = value.strip().lower()
    length = int(fields["content-length"])
    await reader.readexactly(length)
    return int(lines[0].split(" ")[1]), length, fields.get("connection") != "close"


async def visit(visitor, number, rate, until):
    """Requests at this visitor's share of the rate, evenly spaced; late ones are not caught up."""
    pause = VISITORS / rate
    due = time.monotonic() + pause * number / VISITORS
    while due < until:
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        await visitor.next()
        due = max(due + pause, time.monotonic())


async def tell(counts, until):
    while time.monotonic() < until:
        await asyncio.sleep(1.0)
        print(json.dumps(counts), flush=True)


async def run(port, rate, seconds):
    counts, until = Counter(), time.monotonic() + seconds
    visitors = [Visitor(port, counts, number) for number in range(VISITORS)]
    visits = [visit(one, number, rate, until) for number, one in enumerate(visitors)]
    await asyncio.gather(tell(counts, until), *visits)
    print(json.dumps(counts), flush=True)


def main():
    port, rate, seconds = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
    if not (0 < rate <= MOST_RATE and seconds <= MOST_SECONDS):
        sys.exit("too fast or too long")
    asyncio.run(run(port, rate, seconds))


if __name__ == "__main__":
    main()
