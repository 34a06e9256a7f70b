"""A FastAPI application: bodies and errors as JSON, views in threads, dependencies, uploads, WebSockets."""

import asyncio
import contextvars
import hashlib
import threading
from typing import Annotated

from fastapi import Depends, FastAPI, Header, HTTPException, UploadFile, WebSocket, WebSocketDisconnect
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

application = FastAPI()
barrier = threading.Barrier(4)
seen = contextvars.ContextVar("seen", default="nothing")


def say(*words):
    print(*words, flush=True)


class Item(BaseModel):
    name: str
    price: float = 1.5
    tags: list[str] = []


@application.post("/items", status_code=201)
async def create(item: Item) -> Item:
    return item


@application.get("/items/{number}")
async def item(number: int, token: Annotated[str | None, Header()] = None):
    if number > 9:
        raise HTTPException(404, "there are nine")
    return {"number": number, "token": token}


@application.get("/together")
def together():
    """Returns only when four of them run at the same time."""
    barrier.wait()
    return {"is_main": threading.current_thread() is threading.main_thread()}


async def resource():
    say("the resource is open")
    try:
        yield "resource"
    finally:
        say("the resource is closed")


@application.get("/resource")
async def with_resource(name: Annotated[str, Depends(resource)]):
    async def lines():
        yield f"{name} is used\n"
        await asyncio.sleep(0)
        say("the response uses the resource")
        yield "and still\n"

    return StreamingResponse(lines(), media_type="text/plain")


@application.get("/resource/broken")
async def broken(name: Annotated[str, Depends(resource)]):
    raise RuntimeError("the view breaks with its resource")


@application.post("/upload")
async def upload(file: UploadFile):
    content = await file.read()
    return {"name": file.filename, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}


@application.get("/context")
async def context(name: str):
    """What another request has set is not seen here."""
    before = seen.get()
    seen.set(name)
    await asyncio.sleep(0)
    return {"before": before, "now": seen.get(), "in_thread": await asyncio.to_thread(seen.get)}


@application.websocket("/ws/{room}")
async def websocket(socket: WebSocket, room: int, name: Annotated[str, Depends(resource)]):
    await socket.accept()
    try:
        while True:
            await socket.send_json({"room": room, "with": name, "said": await socket.receive_json()})
    except WebSocketDisconnect as gone:
        say("left with", gone.code)
