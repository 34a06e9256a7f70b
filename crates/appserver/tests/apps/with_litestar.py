"""A Litestar application."""

import asyncio
from dataclasses import dataclass

from litestar import Litestar, Request, WebSocket, get, post, websocket, websocket_listener
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import ServerSentEvent, Stream


def say(*words):
    print(*words, flush=True)


@dataclass
class Item:
    name: str
    price: float


@get("/hello/{name:str}")
async def hello(name: str, request: Request) -> dict[str, str]:
    return {"hello": name, "agent": request.headers.get("user-agent", "")}


@post("/items")
async def create(data: Item) -> Item:
    return data


@get("/threaded", sync_to_thread=True)
def threaded() -> str:
    return "from a thread"


@get("/stream")
async def stream() -> Stream:
    async def lines():
        for number in range(1000):
            yield f"line {number}\n"
            await asyncio.sleep(0)

    return Stream(lines(), media_type="text/plain")


@get("/events")
async def events() -> ServerSentEvent:
    async def feed():
        try:
            while True:
                yield "tick"
                await asyncio.sleep(0.005)
        finally:
            say("the feed has ended")

    return ServerSentEvent(feed())


@post("/upload")
async def upload(data: UploadFile = Body(media_type=RequestEncodingType.MULTI_PART)) -> dict[str, int]:
    return {"size": len(await data.read())}


@get("/boom")
async def boom() -> None:
    raise RuntimeError("this handler always fails")


@websocket_listener("/listener")
async def listener(data: str) -> str:
    return data.upper()


@websocket("/socket")
async def socket(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_json({"first": True})
    await socket.close(4002, "enough")


async def start(app: Litestar) -> None:
    say("litestar starts")


async def stop(app: Litestar) -> None:
    say("litestar stops")


application = Litestar(
    [hello, create, threaded, stream, events, upload, boom, listener, socket],
    on_startup=[start],
    on_shutdown=[stop],
)
