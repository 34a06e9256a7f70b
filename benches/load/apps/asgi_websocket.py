"""Sends every WebSocket message back. Answers requests too, which tells that it is up."""

from asgi_hello import application as hello


async def application(scope, receive, send):
    if scope["type"] == "http":
        await hello(scope, receive, send)
    if scope["type"] != "websocket":
        return
    while True:
        message = await receive()
        match message["type"]:
            case "websocket.connect":
                await send({"type": "websocket.accept"})
            case "websocket.receive":
                await send(answer(message))
            case "websocket.disconnect":
                return


def answer(message):
    data = message.get("bytes")
    if data is not None:
        return {"type": "websocket.send", "bytes": data}
    return {"type": "websocket.send", "text": message["text"]}
