"""The event loop of a worker: asyncio's own, waiting in the server's loop."""

import asyncio
import selectors

from appserver import _appserver


class Selector(selectors.EpollSelector):
    """The standard library's, except that waiting runs the server's tasks as well."""

    def __init__(self):
        super().__init__()
        self._turn = _appserver.Turn(self.fileno(), self._fd_to_key)

    def select(self, timeout=None):
        return self._turn.select(timeout)

    def close(self):
        self._turn.close()
        super().close()


def new_event_loop():
    """A loop that shares its thread with the server."""
    return asyncio.SelectorEventLoop(Selector())
