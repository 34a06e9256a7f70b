"""aiohttp against `sockets:application`: with_aiohttp.py URL COMPRESSION, which is `true` or `false` as the
server's setting is. Ends with 0 if all is as it should be."""

import asyncio
import sys

import aiohttp
from aiohttp import WSMsgType, WSServerHandshakeError


async def talk(session: aiohttp.ClientSession, compress: int) -> None:
    agreed = compress if sys.argv[2] == "true" else 0
    async with session.ws_connect("/echo", compress=compress, max_msg_size=0) as socket:
        assert bool(socket.compress) == bool(agreed), socket.compress
        for size in (0, 1, 63, 64, 200, 70_000, 2_000_000):
            text = "déjà vu " * (size // 8)
            await socket.send_str(text)
            assert await socket.receive_str() == text
            data = bytes(range(256)) * (size // 256)
            await socket.send_bytes(data)
            assert await socket.receive_bytes() == data
        await socket.send_json({"a": [1, None]})
        assert await socket.receive_json() == {"a": [1, None]}
        await socket.close(code=4005, message=b"bye")
    assert socket.close_code == 4005, socket.close_code


async def be_closed(session: aiohttp.ClientSession) -> None:
    async with session.ws_connect("/close?code=4006&reason=no+more") as socket:
        message = await socket.receive()
        assert message.type is WSMsgType.CLOSE and message.data == 4006, message
        assert message.extra == "no more", message


async def choose(session: aiohttp.ClientSession) -> None:
    async with session.ws_connect("/accept", protocols=("one", "two")) as socket:
        assert socket.protocol == "two", socket.protocol
        assert await socket.receive_str() == "['one', 'two']"


async def be_refused(session: aiohttp.ClientSession) -> None:
    for path, status in (("/refuse", 403), ("/deny", 401), ("/raise-before", 500)):
        try:
            await session.ws_connect(path)
        except WSServerHandshakeError as error:
            assert error.status == status, error
        else:
            raise AssertionError(f"{path} was accepted")


async def main(url: str) -> None:
    timeout = aiohttp.ClientTimeout(total=60)
    async with aiohttp.ClientSession(url, timeout=timeout) as session:
        for compress in (0, 15, 9):
            await talk(session, compress)
        await be_closed(session)
        await choose(session)
        await be_refused(session)


asyncio.run(main(sys.argv[1]))
