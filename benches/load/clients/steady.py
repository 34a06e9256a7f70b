#!/usr/bin/env python3
"""Visitors who come at a fixed pace, whatever becomes of those before them.

    clients/steady.py PORT PATH RATE SECONDS PATIENCE

Every second visitor opens a connection of its own; the others take one that is kept open, if one is
free and the server has not closed it. Nobody tries twice. On stdout goes one line of JSON when the
first is due, and one with every request: when it was due and how long it took from then, in seconds,
and what became of it.
"""

import asyncio
import json
import sys
import time

# What becomes of a request. Everything but OK is a failure that a visitor sees.
OK, REFUSED, BROKEN, STATUS, TIMEOUT = "ok", "refused", "broken", "status", "timeout"
# A kept connection is used again only within this time: all servers keep one for longer, so none closes
# it just as a request is on its way.
IDLE = 1.0
# Nobody asks faster or longer than this: it is a measuring device, not a flood.
MOST_RATE, MOST_SECONDS, MOST_PATIENCE = 1000, 120, 60


class Visitors:
    """The requests of one run and the connections that are kept between them."""

    def __init__(self, port, path, patience):
        self.port, self.patience = port, patience
        self.head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n".encode()
        self.kept = []
        self.requests = []

    async def come(self, due, begin, keep):
        """One request, noted down."""
        try:
            outcome = await asyncio.wait_for(self.ask(keep), self.patience)
        except asyncio.TimeoutError:
            outcome = TIMEOUT
        took = time.monotonic() - begin - due
        self.requests.append([round(due, 4), round(took, 5), outcome])

    async def ask(self, keep):
        """Sends one request and reads its answer."""
        try:
            reader, writer = self.kept_one() if keep else (None, None)
            if writer is None:
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return REFUSED
        reusable = False
        try:
            writer.write(self.head + (b"\r\n" if keep else b"Connection: close\r\n\r\n"))
            status, reusable = await answer(reader)
            return OK if status == 200 else STATUS
        except (OSError, EOFError, ValueError):
            return BROKEN
        finally:
            if keep and reusable:
                self.kept.append((time.monotonic(), reader, writer))
            else:
                writer.close()

    def kept_one(self):
        """A connection that the server has not closed, as far as one can know."""
        while self.kept:
            since, reader, writer = self.kept.pop()
            fresh = time.monotonic() - since < IDLE
            if fresh and not reader.at_eof() and not writer.is_closing():
                return reader, writer
            writer.close()
        return None, None


async def answer(reader):
    """The status of a whole response, and whether its connection can be used again."""
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    version, status = lines[0].split(" ")[:2]
    fields = {}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        fields[name.lower()] = value.strip().lower()
    if "content-length" not in fields:
        await reader.read()
        return int(status), False
    await reader.readexactly(int(fields["content-length"]))
    return int(status), version == "HTTP/1.1" and fields.get("connection") != "close"


async def run(port, path, rate, seconds, patience):
    """Every request of the run, in the order in which they were due."""
    visitors, under_way = Visitors(port, path, patience), []
    begin = time.monotonic() + 0.05
    print(json.dumps({"begin": begin}), flush=True)
    for number in range(int(rate * seconds)):
        due = number / rate
        await asyncio.sleep(max(0.0, begin + due - time.monotonic()))
        come = visitors.come(due, begin, keep=number % 2 == 1)
        under_way.append(asyncio.create_task(come))
    await asyncio.gather(*under_way)
    return sorted(visitors.requests)


def main():
    port, path = int(sys.argv[1]), sys.argv[2]
    rate, seconds, patience = map(float, sys.argv[3:6])
    if not (0 < rate <= MOST_RATE and seconds <= MOST_SECONDS and patience <= MOST_PATIENCE):
        sys.exit("too fast or too long")
    print(json.dumps(asyncio.run(run(port, path, rate, seconds, patience))))


if __name__ == "__main__":
    main()
