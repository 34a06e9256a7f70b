"""A Quart application: Flask's manners on ASGI."""

import asyncio

from quart import Quart, request, session, websocket

application = Quart(__name__)
application.secret_key = "only for tests"


def say(*words):
    print(*words, flush=True)


@application.before_serving
async def start():
    say("quart starts")


@application.after_serving
async def stop():
    say("quart stops")


@application.get("/hello/<name>")
async def hello(name):
    return {"hello": name, "query": request.args.to_dict()}


@application.post("/echo")
async def echo():
    return await request.get_data(), {"content-type": "application/octet-stream"}


@application.post("/upload")
async def upload():
    file = (await request.files)["file"]
    return {"name": file.filename, "size": len(file.read())}


@application.get("/count")
async def count():
    session["count"] = session.get("count", 0) + 1
    return {"count": session["count"]}


@application.get("/threaded")
def threaded():
    return "from a thread"


@application.get("/stream")
async def stream():
    async def lines():
        for number in range(1000):
            yield f"line {number}\n".encode()
            await asyncio.sleep(0)

    return lines(), {"content-type": "text/plain"}


@application.get("/events")
async def events():
    async def feed():
        try:
            while True:
                yield b"data: tick\n\n"
                await asyncio.sleep(0.005)
        finally:
            say("the feed has ended")

    response = await application.make_response((feed(), {"content-type": "text/event-stream"}))
    response.timeout = None
    return response


@application.get("/boom")
async def boom():
    raise RuntimeError("this view always fails")


@application.websocket("/ws")
async def ws():
    await websocket.accept(headers={"x-quart": "yes"})
    try:
        while True:
            said = await websocket.receive()
            if said == "close":
                await websocket.close(4003, "as you wish")
                return
            await websocket.send(said.upper() if isinstance(said, str) else said[::-1])
    except asyncio.CancelledError:
        say("the view is cancelled with its client")
        raise
