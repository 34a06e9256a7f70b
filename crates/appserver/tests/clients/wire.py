"""A WebSocket as lines, so that a test in another language can hold one.

    wire.py URL [NAME:VALUE ...]

connects with these headers (`origin:` too). It says `refused STATUS` and ends, or `open`. Then each
line that it reads is sent as a text message (`bytes HEX` as a binary one, `close CODE` closes), and
each message is printed as `text ...` or `bytes HEX`; line breaks in a text become spaces. At the end
it says `closed CODE REASON`.
"""

import asyncio
import sys
from contextlib import suppress

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus


def say(text: str) -> None:
    print(text, flush=True)


async def send_line(socket: ClientConnection, line: str) -> None:
    if line.startswith("bytes "):
        await socket.send(bytes.fromhex(line[6:]))
    elif line.startswith("close "):
        await socket.close(int(line[6:]))
    else:
        await socket.send(line)


async def pass_lines(socket: ClientConnection) -> None:
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    try:
        while line := await lines.readline():
            await send_line(socket, line.decode().rstrip("\n"))
    except ConnectionClosed:
        # The one who receives says how.
        return
    await socket.close()


async def main(url: str, *headers: str) -> None:
    pairs = [tuple(header.split(":", 1)) for header in headers]
    try:
        # No proxy and no limit of the client's own stands between the test and the server.
        socket = await connect(url, additional_headers=pairs, proxy=None, max_size=None)
    except InvalidStatus as error:
        say(f"refused {error.response.status_code}")
        return
    say("open")
    passing = asyncio.create_task(pass_lines(socket))
    with suppress(ConnectionClosed):
        while True:
            message = await socket.recv()
            if isinstance(message, bytes):
                say(f"bytes {message.hex()}")
            else:
                say("text " + message.replace("\n", " "))
    say(f"closed {socket.close_code} {socket.close_reason}".rstrip())
    passing.cancel()


asyncio.run(main(*sys.argv[1:]))
