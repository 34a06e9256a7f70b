"""An ASGI app that sends every message back."""


async def app(scope, receive, send):
    if scope["type"] != "websocket":
        return
    await receive()
    await send({"type": "websocket.accept"})
    while (event := await receive())["type"] == "websocket.receive":
        message = {key: event[key] for key in ("bytes", "text") if event.get(key) is not None}
        await send({"type": "websocket.send", **message})
