"""The room: who is here, what was said, and everybody who listens. It knows nothing of HTTP.

Everything happens in one event loop, so nothing is locked.
"""

import asyncio
import secrets
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone

# How many messages a newcomer is shown.
HISTORY = 100
# How many events may wait for one listener. More means that nobody reads them: a connection that
# hangs must not fill the memory of the server.
BACKLOG = 200


class TooSlow(Exception):
    """A listener has not taken its events for too long."""


class Listener:
    """One connection that hears what happens in the room."""

    def __init__(self) -> None:
        self._events: asyncio.Queue[dict | None] = asyncio.Queue()

    async def next(self) -> dict:
        """Waits for the next event.

        May be cancelled: no event is lost. Raises TooSlow once the listener was dropped.
        """
        event = await self._events.get()
        if event is None:
            raise TooSlow
        return event

    def offer(self, event: dict) -> bool:
        """Keeps an event for the listener. False drops it: it has too many already."""
        if self._events.qsize() < BACKLOG:
            self._events.put_nowait(event)
            return True
        self._events.put_nowait(None)
        return False


class Room:
    """Messages of one worker, from its start to its end."""

    def __init__(self) -> None:
        # Numbers of messages begin anew with each room; pages that come back notice by this.
        self.id = secrets.token_hex(4)
        self._messages: deque[dict] = deque(maxlen=HISTORY)
        self._last = 0
        self._listeners: set[Listener] = set()
        # Somebody with two windows is one person.
        self._windows: Counter[str] = Counter()

    @property
    def here(self) -> list[str]:
        """The names of those who are here, in the order of the alphabet."""
        return sorted(self._windows)

    def messages(self, after: int = 0) -> list[dict]:
        """What was said after the message with this number, oldest first."""
        return [message for message in self._messages if message["id"] > after]

    def welcome(self) -> dict:
        """What a newcomer has to know."""
        return {"type": "welcome", "room": self.id, "here": self.here, "messages": self.messages()}

    def say(self, name: str, text: str) -> dict:
        """Adds a message and tells everybody. Returns it."""
        self._last += 1
        at = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
        message = {"id": self._last, "name": name, "text": text, "at": at}
        self._messages.append(message)
        self._tell({"type": "message", "room": self.id, **message})
        return message

    @contextmanager
    def listen(self) -> Iterator[Listener]:
        """Hears what happens from now on, unseen."""
        listener = Listener()
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)

    @contextmanager
    def visit(self, name: str) -> Iterator[Listener]:
        """Comes in under a name; the others are told, and again at the end."""
        self._windows[name] += 1
        if self._windows[name] == 1:
            self._tell({"type": "joined", "name": name, "here": self.here})
        try:
            with self.listen() as listener:
                yield listener
        finally:
            self._windows[name] -= 1
            if self._windows[name] == 0:
                del self._windows[name]
                self._tell({"type": "left", "name": name, "here": self.here})

    def _tell(self, event: dict) -> None:
        self._listeners = {one for one in self._listeners if one.offer(event)}
