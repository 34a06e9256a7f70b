"""An ASGI application whose WebSockets do what their path says, and tell how it went.

What happens after the end of a connection is printed, because nobody else can be told.
"""

import asyncio
import fcntl
import json
import os
from urllib.parse import parse_qsl

counts = {"sent": 0, "received": 0}
held = {}


def say(*words):
    print(*words, flush=True)


class Socket:
    def __init__(self, scope, receive, send):
        self.scope, self.receive, self.send = scope, receive, send
        self.query = dict(parse_qsl(scope["query_string"].decode()))

    async def connect(self):
        assert await self.receive() == {"type": "websocket.connect"}

    async def accept(self, **members):
        await self.connect()
        await self.send({"type": "websocket.accept", **members})

    async def text(self, text):
        await self.send({"type": "websocket.send", "text": text})

    async def close(self, **members):
        await self.send({"type": "websocket.close", **members})

    async def message(self):
        """The next message, or None at the end, which is printed."""
        event = await self.receive()
        if event["type"] == "websocket.receive":
            return event
        assert event["type"] == "websocket.disconnect", event
        say("gone", event["code"], event["reason"] or "without reason")
        return None


async def echo(socket):
    await socket.accept()
    while event := await socket.message():
        await socket.send({**event, "type": "websocket.send"})


async def scope(socket):
    def plain(value):
        return value.decode("latin-1") if isinstance(value, bytes) else str(type(value))

    await socket.accept()
    await socket.text(json.dumps(socket.scope, default=plain))


async def accept(socket):
    offered = socket.scope["subprotocols"]
    headers = [(b"x-first", b"1"), (b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")]
    await socket.accept(subprotocol=offered[-1] if offered else None, headers=headers)
    await socket.text(repr(offered))


async def refuse(socket):
    await socket.connect()
    await socket.close(code=4403, reason="nobody sees this")
    say("refused", await socket.receive())


async def deny(socket):
    await socket.connect()
    headers = [(b"www-authenticate", b"Basic"), (b"content-type", b"text/plain")]
    kind = "websocket.http.response"
    await socket.send({"type": f"{kind}.start", "status": 401, "headers": headers})
    await socket.send({"type": f"{kind}.body", "body": b"who are ", "more_body": True})
    await asyncio.sleep(0)
    await socket.send({"type": f"{kind}.body", "body": b"you?"})
    say("denied", await socket.receive())


async def deny_without_end(socket):
    await socket.connect()
    kind = "websocket.http.response"
    await socket.send({"type": f"{kind}.start", "status": 401, "headers": []})
    try:
        while True:
            await socket.send({"type": f"{kind}.body", "body": b"x" * 60_000, "more_body": True})
    except OSError:
        say("nobody reads the denial")


async def raise_before(socket):
    await socket.connect()
    raise RuntimeError("raised before the answer")


async def raise_after(socket):
    await socket.accept()
    await socket.text("accepted")
    raise RuntimeError("raised after the answer")


async def return_before(socket):
    await socket.connect()


async def return_after(socket):
    await socket.accept()


async def close(socket):
    await socket.accept()
    members = {"code": int(socket.query["code"])} if "code" in socket.query else {}
    await socket.close(**members, reason=socket.query.get("reason"))
    await socket.message()


async def send_after_disconnect(socket):
    await socket.accept()
    while await socket.message():
        pass
    try:
        await socket.text("too late")
    except OSError as error:
        say("raised", type(error).__name__, "as an OSError")
    await socket.close()
    say("a close too late is no mistake")


async def send_after_close(socket):
    await socket.accept()
    await socket.close(code=3001)
    for message in ({"type": "websocket.send", "text": "x"}, {"type": "websocket.close"}):
        try:
            await socket.send(message)
        except RuntimeError as error:
            say("raised", type(error).__name__, "for", message["type"], "after the close")


MISTAKES_BEFORE = [
    ({"type": "websocket.send", "text": "x"}, RuntimeError),
    ({"type": "websocket.http.response.body", "body": b"x"}, RuntimeError),
    ({"type": "http.response.start", "status": 200}, RuntimeError),
    ({"type": "websocket.accept", "headers": [("x", b"1")]}, TypeError),
    ({"type": "websocket.accept", "headers": [(b"x", b"a\r\nb")]}, ValueError),
    ({"type": "websocket.accept", "subprotocol": "a\r\nb"}, ValueError),
    ({"type": "websocket.accept", "subprotocol": "three"}, ValueError),
    ({"type": "websocket.accept", "subprotocol": "bo gus"}, ValueError),
    ({"type": "websocket.accept", "subprotocol": ""}, ValueError),
    ({"type": "websocket.accept", "subprotocol": b"one"}, TypeError),
    ({"type": 1}, TypeError),
    ({}, KeyError),
]
MISTAKES_AFTER = [
    ({"type": "websocket.accept"}, RuntimeError),
    ({"type": "websocket.http.response.start", "status": 200, "headers": []}, RuntimeError),
    ({"type": "websocket.unheard"}, RuntimeError),
    ({"type": "websocket.send"}, ValueError),
    ({"type": "websocket.send", "text": None, "bytes": None}, ValueError),
    ({"type": "websocket.send", "text": b"x"}, TypeError),
    ({"type": "websocket.send", "bytes": "x"}, TypeError),
    ({"type": "websocket.close", "code": 1005}, ValueError),
    ({"type": "websocket.close", "code": 999}, ValueError),
]


async def mistakes(socket):
    """Each mistake raises, and costs nothing else."""

    async def attempt(message, expected):
        try:
            await socket.send(message)
        except expected:
            return
        except Exception as error:
            wrong.append(f"{message}: {error!r}")
        else:
            wrong.append(f"{message}: accepted")

    wrong = []
    for message, expected in MISTAKES_BEFORE:
        await attempt(message, expected)
    await socket.accept()
    for message, expected in MISTAKES_AFTER:
        await attempt(message, expected)
    await socket.text(json.dumps(wrong))


async def flood(socket):
    """Sends more than anybody holds."""
    await socket.accept()
    data = b"x" * int(socket.query["size"])
    try:
        for _ in range(int(socket.query["count"])):
            await socket.send({"type": "websocket.send", "bytes": data})
            counts["sent"] += 1
    except OSError:
        say("the flood has nobody to reach")
        return
    say("the flood is over")


async def bulky(socket):
    """Sends a message that is more than the kernels hold, and one that waits for it."""
    await socket.accept()
    message = {"type": "websocket.send", "bytes": bytes(1 << 25)}
    await socket.send(message)
    say("sends")
    try:
        await socket.send(message)
    except OSError:
        say("has raised")
    else:
        say("has sent")


async def hold(socket):
    """Receives nothing until told to."""
    held["release"] = asyncio.Event()
    await socket.accept()
    await held["release"].wait()
    while await socket.message():
        counts["received"] += 1


async def tally(socket):
    """Counts what it hears."""
    await socket.accept()
    heard = 0
    while await socket.message():
        heard += 1
    say("heard", heard, "messages")


async def impatient(socket):
    """Waits for each message again and again, and for no time at all."""
    await socket.accept()
    while True:
        try:
            event = await asyncio.wait_for(socket.receive(), 0.0001)
        except asyncio.TimeoutError:
            counts["received"] += 1
            continue
        if event["type"] == "websocket.disconnect":
            return
        await socket.text(event["text"])


async def unheard(socket):
    """Asks for messages that nobody takes, then takes three."""
    await socket.accept()
    heard = []
    for _ in range(3):
        for _ in range(10):
            task = asyncio.ensure_future(socket.receive())
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            try:
                heard.append(await asyncio.wait_for(socket.receive(), 0))
            except asyncio.TimeoutError:
                pass
            socket.receive().close()
            socket.receive()
        if len(heard) < 3:
            heard.append(await socket.receive())
    await socket.text(" ".join(event["text"] for event in heard))


async def two_receivers(socket):
    """Both hear something, in their order."""
    await socket.accept()
    first, second = asyncio.create_task(socket.receive()), asyncio.ensure_future(socket.receive())
    await socket.text("two wait")
    for number, receiving in enumerate((first, second)):
        await socket.text(f"{number}: {(await receiving)['text']}")
    await socket.message()


async def cancelled(socket):
    """Its `receive` is cancelled from outside, and called again."""
    await socket.accept()
    held["receiving"] = asyncio.create_task(socket.receive())
    await socket.text("waits")
    await asyncio.wait([held["receiving"]])
    lost = held["receiving"].cancelled()
    event = await socket.receive() if lost else held["receiving"].result()
    await socket.text(event["text"])


async def cancelled_with_its_client(socket):
    await socket.accept()
    await socket.text("waits")
    try:
        await asyncio.Event().wait()
    finally:
        say("the task has ended")


async def http(scope, receive, send):
    kind = scope["path"].strip("/")
    if kind == "release":
        held["release"].set()
    if kind == "block":
        with open("gate") as gate:
            fcntl.flock(gate, fcntl.LOCK_SH)
    if kind == "cancel":
        held["receiving"].cancel()
    body = json.dumps({"pid": os.getpid(), **counts}).encode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


async def lifespan(receive, send):
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    say("lifespan ends")
    await send({"type": "lifespan.shutdown.complete"})


async def application(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
    elif scope["type"] == "http":
        await http(scope, receive, send)
    else:
        name = scope["path"].strip("/").replace("-", "_")
        await globals()[name](Socket(scope, receive, send))
