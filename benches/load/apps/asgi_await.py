"""Hello world after waiting: what it costs to leave a task and to come back to it."""

import asyncio

from asgi_hello import application as hello


async def turn(scope, receive, send):
    """Waits for the next turn of the event loop."""
    if scope["type"] == "http":
        await asyncio.sleep(0)
        await hello(scope, receive, send)


async def millisecond(scope, receive, send):
    """Waits for a timer."""
    if scope["type"] == "http":
        await asyncio.sleep(0.001)
        await hello(scope, receive, send)
