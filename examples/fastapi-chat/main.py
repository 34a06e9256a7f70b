"""A chat: one page, one room, WebSockets. `appserver run` serves it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Annotated

from fastapi import FastAPI, Header, Query, Request, WebSocket, WebSocketDisconnect
from fastapi.responses import FileResponse, StreamingResponse
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel, StringConstraints, ValidationError

from room import HISTORY, Listener, Room, TooSlow

PAGE = Path(__file__).parent / "page"
# Seconds after which a quiet event stream says that it is still there.
STILL_THERE = 15

# Codes of RFC 6455 and of the registry that it made.
UNSUPPORTED_DATA, TRY_AGAIN_LATER = 1003, 1013

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=30)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


class Line(BaseModel):
    """What a page sends."""

    text: Text


class Post(Line):
    """What a script sends."""

    name: Name


class Message(Post):
    """What was said."""

    id: int
    at: str


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[dict]:
    """The room lives as long as its worker. Each request gets it in its `state`."""
    yield {"room": Room()}


app = FastAPI(title="Chat", lifespan=lifespan)
app.mount("/page", StaticFiles(directory=PAGE), name="page")


@app.get("/", include_in_schema=False)
async def index() -> FileResponse:
    return FileResponse(PAGE / "index.html")


@app.get("/health")
async def health(request: Request) -> dict:
    room: Room = request.state.room
    return {"status": "ok", "room": room.id, "here": room.here}


@app.get("/api/messages")
async def messages(
    request: Request,
    after: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=HISTORY)] = HISTORY,
) -> list[Message]:
    """The newest messages, oldest first."""
    return request.state.room.messages(after)[-limit:]


@app.post("/api/messages", status_code=201)
async def post(request: Request, new: Post) -> Message:
    """Says something without being there."""
    return request.state.room.say(new.name, new.text)


@app.get("/api/events")
async def events(
    request: Request, last_event_id: Annotated[int, Header(ge=0)] = 0
) -> StreamingResponse:
    """Everything that happens, as server-sent events. A browser that was cut off names the last
    message that it has."""
    stream = server_sent(request.state.room, last_event_id)
    return StreamingResponse(
        stream, media_type="text/event-stream", headers={"cache-control": "no-store"}
    )


async def server_sent(room: Room, after: int) -> AsyncIterator[str]:
    with room.listen() as listener, suppress(TooSlow):
        for message in room.messages(after):
            yield server_sent_event({"type": "message", "room": room.id, **message})
        while True:
            try:
                event = await asyncio.wait_for(listener.next(), STILL_THERE)
            except asyncio.TimeoutError:
                yield ": still there\n\n"
            else:
                yield server_sent_event(event)


def server_sent_event(event: dict) -> str:
    number = f"id: {event['id']}\n" if "id" in event else ""
    return f"{number}event: {event['type']}\ndata: {json.dumps(event)}\n\n"


@app.websocket("/ws")
async def talk(websocket: WebSocket, name: Annotated[Name, Query()]) -> None:
    """One window. The page sends `{"text": "…"}` and receives the events of the room."""
    room: Room = websocket.state.room
    await websocket.accept()
    with room.visit(name) as listener:
        await websocket.send_json(room.welcome())
        speaking = asyncio.create_task(pass_on(listener, websocket))
        try:
            await hear(websocket, room, name)
        finally:
            speaking.cancel()


async def pass_on(listener: Listener, websocket: WebSocket) -> None:
    # A connection that breaks is noticed by the one who hears, too.
    with suppress(WebSocketDisconnect):
        try:
            while True:
                await websocket.send_json(await listener.next())
        except TooSlow:
            await websocket.close(TRY_AGAIN_LATER, "too slow")


async def hear(websocket: WebSocket, room: Room, name: str) -> None:
    while True:
        message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            return
        text = message.get("text")
        if text is None:
            await websocket.close(UNSUPPORTED_DATA, "text only")
            return
        try:
            room.say(name, Line.model_validate_json(text).text)
        except ValidationError as error:
            reason = error.errors()[0]["msg"]
            await websocket.send_json({"type": "error", "detail": reason})
