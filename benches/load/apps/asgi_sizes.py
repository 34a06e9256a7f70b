"""100 KB, at once or in 20 chunks."""

from sizes import BIG, CHUNK

TYPE = (b"content-type", b"application/octet-stream")
LENGTH = (b"content-length", str(len(BIG)).encode())


async def application(scope, receive, send):
    if scope["type"] != "http":
        return
    streamed = scope["path"] == "/stream"
    headers = [TYPE] if streamed else [TYPE, LENGTH]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    if not streamed:
        await send({"type": "http.response.body", "body": BIG})
        return
    for _ in range(20):
        await send({"type": "http.response.body", "body": CHUNK, "more_body": True})
    await send({"type": "http.response.body"})
