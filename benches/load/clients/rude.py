#!/usr/bin/env python3
"""Clients that take their time, as on a bad line or with bad intent.

    clients/rude.py headers|bodies|readers PORT COUNT SECONDS

Each holds one connection and does next to nothing on it: sends a header line a second, some bytes of a
body a second, or reads some bytes a second of a large response. Who is turned away comes back. A line
`ready` tells that all have tried to come.
"""

import asyncio
import socket
import sys
import time

PACE = 1.0
MOST_COUNT, MOST_SECONDS = 500, 120
# As on an Ethernet. Loopback's own segments of 64 KiB let the kernel take megabytes off a server's
# hands at once, which no client far away would do.
SEGMENT = 1400
RECEIVE_BUFFER = 4096
BODY = 100_000
# What each sends when its turn comes.
MORE = {"headers": b"X-Slow: 1\r\n", "bodies": b"x" * 10}


class Rude:
    """All clients of a run."""

    def __init__(self, kind, port, until):
        self.kind, self.port, self.until = kind, port, until
        self.tried = 0
        self.everybody = asyncio.Event()

    async def client(self, count):
        """One client: as long as the run lasts it has a connection, or wants one."""
        first = True
        while time.monotonic() < self.until:
            connection = None
            try:
                connection = await asyncio.wait_for(self.connect(), 1.0)
            except (OSError, asyncio.TimeoutError):
                pass
            if first:
                first = False
                self.tried += 1
                if self.tried == count:
                    self.everybody.set()
            if connection:
                await self.dawdle(connection)
            await asyncio.sleep(PACE / 2)

    async def connect(self):
        """A connection with a request begun."""
        loop = asyncio.get_running_loop()
        connection = socket.socket()
        try:
            connection.setblocking(False)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SEGMENT)
            if self.kind == "readers":
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
            await loop.sock_connect(connection, ("127.0.0.1", self.port))
            await loop.sock_sendall(connection, opening(self.kind))
        except BaseException:
            connection.close()
            raise
        return connection

    async def dawdle(self, connection):
        """Goes on as slowly as can be until the server has had enough or the run is over."""
        try:
            while time.monotonic() < self.until:
                await asyncio.sleep(PACE)
                if not await self.step(connection):
                    return
        except OSError:
            pass
        finally:
            connection.close()

    async def step(self, connection):
        """The next bytes; false once the server has closed or has answered before its time."""
        loop = asyncio.get_running_loop()
        if self.kind == "readers":
            return bool(await loop.sock_recv(connection, 1024))
        try:
            connection.recv(1024)
            return False
        except BlockingIOError:
            await loop.sock_sendall(connection, MORE[self.kind])
            return True


def opening(kind):
    """The beginning of the request."""
    if kind == "headers":
        return b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    if kind == "bodies":
        head = f"POST /upload HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {BODY}\r\n"
        return head.encode() + b"Content-Type: application/octet-stream\r\n\r\n"
    return b"GET /big HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


async def run(kind, port, count, seconds):
    """The whole run."""
    rude = Rude(kind, port, time.monotonic() + seconds)
    clients = [asyncio.create_task(rude.client(count)) for _ in range(count)]
    await rude.everybody.wait()
    print("ready", flush=True)
    await asyncio.gather(*clients)


def main():
    kind, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    seconds = float(sys.argv[4])
    if kind not in ("headers", "bodies", "readers") or count > MOST_COUNT or seconds > MOST_SECONDS:
        sys.exit("unknown, too many or too long")
    asyncio.run(run(kind, port, count, seconds))


if __name__ == "__main__":
    main()
