"""A Starlette application that uses what Starlette asks of a server."""

import asyncio
import hashlib
import os
import tempfile
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

FILE = bytes(range(256)) * 4096
gates = {}


def say(*words):
    print(*words, flush=True)


@asynccontextmanager
async def lifespan(app):
    with tempfile.NamedTemporaryFile(suffix=".bin") as file:
        file.write(FILE)
        file.flush()
        yield {"file": file.name, "shared": []}
    say("the lifespan has ended")


class Tags(BaseHTTPMiddleware):
    """The kind of middleware that runs the application in another task."""

    async def dispatch(self, request: Request, call_next):
        request.state.tag = request.headers.get("x-tag", "none")
        response = await call_next(request)
        response.headers["x-tagged"] = request.state.tag
        return response


class Messages:
    """Says by which messages files are sent."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        kinds = []

        async def noted(message):
            kinds.append(message["type"].rpartition(".")[2])
            await send(message)

        await self.app(scope, receive, noted)
        if scope["path"] == "/file":
            say("file by", *kinds)


async def index(request: Request):
    request.state.shared.append(request.query_params.get("add"))
    request.state.mine = True
    return JSONResponse({"shared": request.state.shared, "path": request.url.path, "pid": os.getpid()})


async def own_state(request: Request):
    return JSONResponse({"has_mine": hasattr(request.state, "mine")})


async def echo(request: Request):
    return Response(await request.body(), media_type=request.headers.get("content-type"))


async def digest(request: Request):
    total, digest = 0, hashlib.sha256()
    async for piece in request.stream():
        total += len(piece)
        digest.update(piece)
    return JSONResponse({"total": total, "sha256": digest.hexdigest()})


async def both_ways(request: Request):
    """Answers each piece of the upload while the rest of it is still to come."""

    async def pieces():
        async for piece in request.stream():
            if piece:
                yield piece.upper()

    return StreamingResponse(pieces(), media_type="text/plain")


async def held_upload(request: Request):
    """Looks at the body only when it is told to."""
    gates["upload"] = asyncio.Event()
    say("an upload is held")
    await gates["upload"].wait()
    return await digest(request)


async def broken_upload(request: Request):
    try:
        async for _ in request.stream():
            say("a piece has come")
    except ClientDisconnect:
        say("the upload was broken off")
        raise


async def stream(request: Request):
    async def lines():
        for number in range(int(request.query_params["count"])):
            yield f"line {number}\n"
            await asyncio.sleep(0)

    return StreamingResponse(lines(), media_type="text/plain")


async def events(request: Request):
    async def feed():
        try:
            number = 0
            while True:
                yield f"id: {number}\ndata: tick\n\n"
                number += 1
                await asyncio.sleep(0.005)
        finally:
            say("the feed has ended")

    return StreamingResponse(feed(), media_type="text/event-stream")


async def flood(request: Request):
    """Streams more than anybody holds."""

    async def pieces():
        for number in range(int(request.query_params["count"])):
            gates["sent"] = number
            yield b"x" * 100_000

    return StreamingResponse(pieces())


async def sent(request: Request):
    return JSONResponse({"sent": gates.get("sent", 0)})


async def watcher(request: Request):
    """Asks again and again whether its client is there."""
    say("the watch begins")
    while not await request.is_disconnected():
        await asyncio.sleep(0.001)
    say("the client is gone")
    return PlainTextResponse("nobody reads this")


async def file(request: Request):
    return FileResponse(request.state.file, filename="all.bin")


async def missing_file(request: Request):
    return FileResponse("/nowhere/at/all")


async def later(request: Request):
    async def work():
        gates["work"] = asyncio.Event()
        say("the background work begins")
        await gates["work"].wait()
        say("the background work is done")

    return PlainTextResponse("at once", background=BackgroundTask(work))


async def open_gate(request: Request):
    gates[request.path_params["name"]].set()
    return PlainTextResponse("open")


async def boom(request: Request):
    raise RuntimeError("this endpoint always fails")


async def broken_stream(request: Request):
    async def lines():
        yield "first\n"
        raise RuntimeError("this stream always breaks")

    return StreamingResponse(lines(), media_type="text/plain")


async def talk(socket: WebSocket):
    """Says back what it hears, in the kind that it heard."""
    await socket.accept(subprotocol="talk" if "talk" in socket.scope["subprotocols"] else None)
    await socket.send_json({"hello": socket.query_params.get("name"), "shared": socket.state.shared})
    try:
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(message["code"], message.get("reason"))
            if message.get("text") == "close":
                return await socket.close(4001, "as you wish")
            if message.get("text") is not None:
                await socket.send_text(message["text"].upper())
            else:
                await socket.send_bytes(message["bytes"][::-1])
    except WebSocketDisconnect as gone:
        say("talk ended by", gone.code, gone.reason or "nothing")


async def denied(socket: WebSocket):
    await socket.send_denial_response(JSONResponse({"detail": "not you"}, status_code=401))


async def refused(socket: WebSocket):
    await socket.close()


async def pour(socket: WebSocket):
    """Sends until its client has gone."""
    await socket.accept()
    try:
        while True:
            await socket.send_bytes(b"x" * 10_000)
    except WebSocketDisconnect as gone:
        say("the pouring was stopped by", gone.code)


application = Starlette(
    routes=[
        Route("/", index),
        Route("/own-state", own_state),
        Route("/echo", echo, methods=["POST", "PUT"]),
        Route("/digest", digest, methods=["POST"]),
        Route("/both-ways", both_ways, methods=["POST"]),
        Route("/held-upload", held_upload, methods=["POST"]),
        Route("/broken-upload", broken_upload, methods=["POST"]),
        Route("/stream", stream),
        Route("/events", events),
        Route("/flood", flood),
        Route("/sent", sent),
        Route("/watcher", watcher),
        Route("/file", file),
        Route("/missing-file", missing_file),
        Route("/later", later),
        Route("/open/{name}", open_gate),
        Route("/boom", boom),
        Route("/broken-stream", broken_stream),
        WebSocketRoute("/talk", talk),
        WebSocketRoute("/denied", denied),
        WebSocketRoute("/refused", refused),
        WebSocketRoute("/pour", pour),
    ],
    lifespan=lifespan,
    middleware=[Middleware(Messages)],
)
# The same behind a middleware that runs it in a task of its own.
tagged = Starlette(routes=application.routes, lifespan=lifespan, middleware=[Middleware(Tags)])
