"""What the end-to-end tests ask of an ASGI server.

A path is the name of a view; its query gives the arguments. What a view finds out when nobody
listens any more, it notes: /noted?name=N tells it, as JSON.

    /scope            the scope, as JSON: each key with the name of its type and its value
    /state            changes the state, and tells what it was
    /echo             sends back each piece of the body as it comes
    /whole            sends back the body once it has all of it
    /messages         tells every message up to the end of the body
    /swallow          ignores the body
    /leave?read=N     receives N messages, says `here`, waits for the next message, and tries to
                      send
    /after            receives after the end of its response
    /two              receives in two tasks at the same time
    /patient          gives up to receive, and tries again
    /cancelled        cancels a receive at the moment when its message comes
    /unheard          asks for messages that nobody takes: in tasks cancelled before their first
                      step, in awaitables that are closed or never awaited
    /polled           cancels a receive many times, and tells how many futures are left
    /script           sends the messages of the header X-Script, JSON in which texts that begin with
                      `b:` are bytes, and `receive` waits for a message; with X-Catch the errors are noted and the script goes on
    /endless          streams without end, and notes how much has been taken
    /long?count=N     sends N pieces of 20 000 bytes, and notes when it has
    /listen           starts a response, receives until the end, and notes that
    /raise?what=E     raises; with late=1 after the first part of the response, once it has
                      a message
    /return           the same, but returns without a response, or without its end
    /background       leaves a task behind that raises
    /forever          waits until it is cancelled
    /gate?name=N      waits until /open?name=N was asked for
"""

import asyncio
import builtins
import collections
import gc
import json
import os
import weakref
from urllib.parse import parse_qsl

_views = {}
_noted = collections.defaultdict(list)
_gates = collections.defaultdict(asyncio.Event)


def view(function):
    _views["/" + function.__name__.strip("_").replace("_", "-")] = function
    return function


async def respond(send, body, status=200):
    if not isinstance(body, bytes):
        body = json.dumps(body, default=repr).encode()
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def begin(send, chunk):
    """The first part of a response without a length."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": chunk, "more_body": True})


def plain(value):
    """As JSON has it: bytes become texts that begin with `b:`."""
    if isinstance(value, bytes):
        return "b:" + value.decode("latin-1")
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def unplain(value):
    """The opposite."""
    if isinstance(value, str) and value.startswith("b:"):
        return value[2:].encode("latin-1")
    if isinstance(value, dict):
        return {key: unplain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [unplain(item) for item in value]
    return value


def kinds(messages):
    return [message["type"] for message in messages]


@view
async def scope(scope, receive, send, query):
    described = {key: {"type": type(value).__name__, "value": plain(value)} for key, value in scope.items()}
    await respond(send, described)


@view
async def state(scope, receive, send, query):
    state = scope["state"]
    state["own"] += 1
    state["shared"].append(1)
    await respond(send, {"own": state["own"], "shared": len(state["shared"])})


@view
async def echo(scope, receive, send, query):
    await send({"type": "http.response.start", "status": 200})
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            _noted["echo"].append("disconnect")
            return
        more = message["more_body"]
        await send({"type": "http.response.body", "body": message["body"], "more_body": more})
        if not more:
            return


@view
async def whole(scope, receive, send, query):
    body, more = b"", True
    while more:
        message = await receive()
        body += message["body"]
        more = message["more_body"]
    await respond(send, body)


@view
async def messages(scope, receive, send, query):
    messages = [await receive()]
    while messages[-1]["type"] == "http.request" and messages[-1]["more_body"]:
        messages.append(await receive())
    await respond(send, [plain(message) for message in messages])


@view
async def swallow(scope, receive, send, query):
    await respond(send, b"not read")


@view
async def leave(scope, receive, send, query):
    for _ in range(int(query["read"])):
        await receive()
    await begin(send, b"here")
    _noted["leave"].append((await receive())["type"])
    _noted["leave"].append((await receive())["type"])
    try:
        await send({"type": "http.response.body", "body": b"x", "more_body": True})
    except OSError as error:
        import appserver

        _noted["leave"].append(type(error) is appserver.ClientDisconnected)
        _noted["leave"].append(type(error).__qualname__)
        raise


@view
async def after(scope, receive, send, query):
    waiting = asyncio.ensure_future(receive()) if "waiting" in query else None
    # The first step of the task, in which it finds the body.
    await asyncio.sleep(0)
    await respond(send, b"complete")
    received = [await waiting] if waiting else []
    received += [await receive(), await receive()]
    _noted["after"] = kinds(received)


@view
async def two(scope, receive, send, query):
    first = asyncio.create_task(receive())
    second = asyncio.create_task(receive())
    await begin(send, b"ready")
    bodies = [(await task)["body"] for task in (first, second)]
    await send({"type": "http.response.body", "body": b"|".join(bodies)})


@view
async def patient(scope, receive, send, query):
    try:
        await asyncio.wait_for(receive(), 0.01)
    except asyncio.TimeoutError:
        await begin(send, b"ready")
    message = await asyncio.wait_for(receive(), 60)
    await send({"type": "http.response.body", "body": message["body"]})


@view
async def cancelled(scope, receive, send, query):
    loop = asyncio.get_running_loop()
    task = loop.create_task(receive())
    await asyncio.sleep(0)
    future = task._fut_waiter

    def watch():
        # Between the arrival of the message and the step of the task that would take it.
        if future.done():
            task.cancel()
        else:
            loop.call_soon(watch)

    watch()
    await begin(send, b"ready")
    _noted["cancelled"] = [await asyncio.gather(task, return_exceptions=True)]
    message = await receive()
    await send({"type": "http.response.body", "body": message["body"]})


async def ask_in_vain(receive):
    for _ in range(10):
        task = asyncio.ensure_future(receive())
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        receive().close()
        receive()


@view
async def unheard(scope, receive, send, query):
    await ask_in_vain(receive)
    await begin(send, b"ready")
    await ask_in_vain(receive)
    message = await receive()
    await send({"type": "http.response.body", "body": message["body"]})


@view
async def polled(scope, receive, send, query):
    await receive()
    listening = asyncio.create_task(receive())
    for _ in range(2000):
        task = asyncio.create_task(receive())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    del task
    gc.collect()
    futures = sum(isinstance(it, asyncio.Future) and not isinstance(it, asyncio.Task) for it in gc.get_objects())
    listening.cancel()
    await respond(send, futures)


@view
async def script(scope, receive, send, query):
    headers = dict(scope["headers"])
    for message in unplain(json.loads(headers[b"x-script"])):
        if message == "receive":
            await receive()
            continue
        try:
            await send(message)
        except Exception as error:
            _noted["script"].append(f"{type(error).__name__}: {error}")
            if b"x-catch" not in headers:
                raise


@view
async def endless(scope, receive, send, query):
    chunk = b"." * 65536
    await begin(send, chunk)
    taken = 0
    try:
        while True:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
            taken += len(chunk)
            _noted["endless"] = [taken]
    except OSError as error:
        _noted["endless"] = [type(error).__name__]


@view
async def long(scope, receive, send, query):
    await begin(send, b".")
    for _ in range(int(query["count"])):
        await send({"type": "http.response.body", "body": b"." * 20_000, "more_body": True})
    await send({"type": "http.response.body"})
    _noted["long"].append("sent")


@view
async def listen(scope, receive, send, query):
    await begin(send, b".")
    while (await receive())["type"] != "http.disconnect":
        pass
    _noted["listen"].append("heard")


class Own(BaseException):
    pass


def exception(name):
    if name == "CancelledError":
        return asyncio.CancelledError()
    if name == "Own":
        return Own("not an Exception")
    if name == "ExceptionGroup":
        return ExceptionGroup("several", [ValueError("one"), RuntimeError("another")])
    if name == "BaseExceptionGroup":
        return BaseExceptionGroup("several", [ValueError("one"), KeyboardInterrupt("another")])
    return getattr(builtins, name)("this path always raises")


@view
async def _raise(scope, receive, send, query):
    if "turn" in query:
        await asyncio.sleep(0)
    if "late" in query:
        await begin(send, b"first\n")
        await receive()
    raise exception(query["what"])


@view
async def _return(scope, receive, send, query):
    if "late" in query:
        await begin(send, b"first\n")
        await receive()


@view
async def background(scope, receive, send, query):
    async def fail():
        raise RuntimeError("nobody waits for this task")

    asyncio.create_task(fail())
    await respond(send, b"left behind")


@view
async def forever(scope, receive, send, query):
    _noted["forever"].append("begun")
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        _noted["forever"].append("cancelled")
        raise


@view
async def gate(scope, receive, send, query):
    await _gates[query["name"]].wait()
    await respond(send, b"through")


@view
async def _open(scope, receive, send, query):
    _gates[query["name"]].set()
    await respond(send, b"open")


@view
async def noted(scope, receive, send, query):
    await respond(send, _noted[query["name"]])


@view
async def pid(scope, receive, send, query):
    await respond(send, os.getpid())


# What an application knows of requests, for as long as they live.
_owners = weakref.WeakKeyDictionary()


@view
async def owner(scope, receive, send, query):
    first = _owners.setdefault(send, query["name"]), _owners.setdefault(receive, query["name"])
    await respond(send, " ".join(first).encode())


async def lifespan(scope, receive, send):
    scope["state"].update(own=0, shared=[])
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})


async def application(scope, receive, send):
    if scope["type"] == "lifespan":
        return await lifespan(scope, receive, send)
    query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
    answer = _views.get(scope["path"], _views["/scope"])
    await answer(scope, receive, send, query)
