"""What the benchmark for growth asks for. `GET /tasks` tells what the process holds."""

import asyncio
import json
import os

HEADERS = [(b"content-type", b"application/octet-stream")]


async def application(scope, receive, send):
    if scope["type"] != "http":
        return
    view = VIEWS.get(scope["path"], hello)
    try:
        await view(receive, send)
    except OSError:
        pass  # the client is gone


async def answer(send, body):
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": 200, "headers": [*HEADERS, length]})
    await send({"type": "http.response.body", "body": body})


async def hello(receive, send):
    await answer(send, b"Hello, world!")


async def echo(receive, send):
    chunks, more = [], True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        chunks.append(message.get("body", b""))
        more = message.get("more_body", False)
    await answer(send, b"".join(chunks))


async def stream(receive, send, chunk=b"x" * 1024, count=4):
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    for _ in range(count):
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await asyncio.sleep(0)
    await send({"type": "http.response.body"})


async def long(receive, send):
    """More than the sockets hold, so that the client leaves in the middle."""
    await stream(receive, send, b"x" * 65536, 128)


async def wait(receive, send):
    """Answers nothing until the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def tasks(receive, send):
    held = {"pid": os.getpid(), "tasks": len(asyncio.all_tasks())}
    held["fds"] = len(os.listdir("/proc/self/fd"))
    await answer(send, json.dumps(held).encode())


VIEWS = {"/echo": echo, "/stream": stream, "/long": long, "/wait": wait, "/tasks": tasks}
