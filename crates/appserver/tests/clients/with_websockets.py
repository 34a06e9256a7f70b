"""`websockets` against `sockets:application`: with_websockets.py URL COMPRESSION, which is `true` or `false`
as the server's setting is. Ends with 0 if all is as it should be."""

import asyncio
import sys

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

URL = sys.argv[1]


def opened(path: str, **options):
    return connect(URL + path, proxy=None, max_size=None, **options)


async def talk(compression) -> None:
    async with opened("/echo", compression=compression) as socket:
        is_agreed = bool(socket.protocol.extensions)
        assert is_agreed == (compression is not None and sys.argv[2] == "true"), socket.protocol.extensions
        for message in ("", "déjà vu", "x" * 3_000_000, b"", bytes(range(256)) * 10_000):
            await socket.send(message)
            assert await socket.recv() == message
        # One message in pieces.
        await socket.send(iter(["one ", "two ", "", "three"]))
        assert await socket.recv() == "one two three"
        await socket.send(b"%d" % number * 100 for number in range(50))
        assert await socket.recv() == b"".join(b"%d" % number * 100 for number in range(50))


async def ping() -> None:
    async with opened("/echo", ping_interval=None) as socket:
        for payload in (b"", b"x" * 125, None):
            await (await socket.ping(payload))


async def close() -> None:
    async with opened("/close?code=4007&reason=no+more") as socket:
        try:
            await socket.recv()
        except ConnectionClosed as closed:
            assert (closed.rcvd.code, closed.rcvd.reason) == (4007, "no more"), closed
            assert closed.sent is not None and closed.rcvd_then_sent, closed
    async with opened("/echo") as socket:
        await socket.close(4008, "enough")
        assert (socket.close_code, socket.close_reason) == (4008, "enough"), socket


async def choose() -> None:
    options = {"subprotocols": ["one", "two"], "additional_headers": {"x-own": "1"}}
    async with opened("/accept", **options) as socket:
        assert socket.subprotocol == "two"
        assert socket.response.headers["x-first"] == "1"
        assert socket.response.headers.get_all("set-cookie") == ["a=1", "b=2"]


async def be_refused() -> None:
    for path, status, body in (("/refuse", 403, b""), ("/deny", 401, b"who are you?")):
        try:
            await opened(path)
        except InvalidStatus as error:
            assert (error.response.status_code, error.response.body) == (status, body), error.response
        else:
            raise AssertionError(f"{path} was accepted")


async def flood() -> None:
    async with opened("/flood?count=300&size=100000") as socket:
        count = 0
        async for message in socket:
            assert len(message) == 100_000
            count += 1
        assert count == 300, count


async def crowd() -> None:
    async def one(number: int) -> None:
        async with opened("/echo") as socket:
            for turn in range(10):
                await socket.send(f"{number}: {turn}")
                assert await socket.recv() == f"{number}: {turn}"

    await asyncio.gather(*(one(number) for number in range(100)))


async def main() -> None:
    for compression in (None, "deflate"):
        await talk(compression)
    for use in (ping, close, choose, be_refused, flood, crowd):
        await use()


asyncio.run(main())
