"""What an ASGI worker does besides answering: its event loop and the application's lifespan.

Requests never come here; the compiled module answers them.
"""

import asyncio
import functools
import signal
import traceback
import warnings

from appserver._loop import Selector

# The master speaks to its workers with these. An application's handlers for the first two run when
# the worker begins to stop; for the others they never run.
STOPPING = (signal.SIGTERM, signal.SIGINT)
OTHERS = (signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2, signal.SIGPWR)
OWNED = frozenset(STOPPING + OTHERS)


# What a loop says of itself. Each task that starts asks its loop twice, and a builtin on the loop
# itself answers at a quarter of the price of a method.
NO, YES = bool, functools.partial(bool, True)


class EventLoop(asyncio.SelectorEventLoop):
    """asyncio's own loop, on a thread that it shares with the server."""

    def __init__(self):
        super().__init__(Selector())
        self._for_the_end = {}
        self._end = self.time()

    def set_debug(self, enabled):
        super().set_debug(enabled)
        self.get_debug = YES if enabled else NO

    def run_forever(self):
        if self.is_running():
            # Some versions of asyncio would forget which loop runs.
            raise RuntimeError("This event loop is already running")
        # Not before asyncio has seen for itself that it does not run.
        self.call_soon(setattr, self, "is_running", YES)
        try:
            super().run_forever()
        finally:
            if self._thread_id is None:
                self.__dict__.pop("is_running", None)

    def add_signal_handler(self, sig, callback, *args):
        if sig not in OWNED:
            return super().add_signal_handler(sig, callback, *args)
        if sig in STOPPING:
            self._for_the_end[sig] = (callback, args)
        else:
            name = signal.Signals(sig).name
            warnings.warn(f"{name} belongs to the server; the handler will not run", stacklevel=2)

    def remove_signal_handler(self, sig):
        if sig not in OWNED:
            return super().remove_signal_handler(sig)
        return self._for_the_end.pop(sig, None) is not None

    def stopping(self):
        """Run what the application wanted to run at the signal that stops a server."""
        for sig in STOPPING:
            if sig in self._for_the_end:
                callback, args = self._for_the_end.pop(sig)
                self.call_soon(callback, *args)
                return


    def ends_within(self, seconds):
        """Note how much time is left for what the application leaves behind."""
        self._end = self.time() + seconds

    def time_left(self):
        """Seconds until the process has to be gone."""
        return max(0.0, self._end - self.time())


def open_loop():
    """Make the loop of this worker."""
    loop = EventLoop()
    asyncio.set_event_loop(loop)
    return loop


async def main(done):
    """Be the task that the loop runs for; anyio ties its threads to it."""
    await asyncio.wait([done])


def close_loop(loop):
    """End what the application has left running, and the loop."""
    try:
        loop.run_until_complete(_end_tasks(loop))
        loop.run_until_complete(loop.shutdown_asyncgens())
        _end_executor(loop)
    finally:
        asyncio.set_event_loop(None)
        loop.close()


async def _end_tasks(loop):
    tasks = asyncio.all_tasks(loop) - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    if not tasks:
        return
    done, stubborn = await asyncio.wait(tasks, timeout=loop.time_left() / 2)
    for task in done:
        if not task.cancelled() and task.exception() is not None:
            loop.call_exception_handler(
                {"message": "unhandled exception at the end", "exception": task.exception(), "task": task}
            )
    for task in stubborn:
        loop.call_exception_handler({"message": "this task ignores its cancellation", "task": task})


def _end_executor(loop):
    # What its threads have begun is waited for by the interpreter's own end; asyncio's way to wait
    # for them has no bound that holds on every version.
    if loop._default_executor is not None:
        loop._default_executor.shutdown(wait=False, cancel_futures=True)


class StartupFailed(Exception):
    """The application did not start: a message, and a traceback if there is one."""


class Lifespan:
    """The conversation with the application about the life of its worker."""

    def __init__(self, application, is_required):
        self.application = application
        self.is_required = is_required
        self.is_running = False
        self.state = {}
        self._inbox = asyncio.Queue()
        self._answered = asyncio.Event()
        self._answer = None
        self._heard = None
        self._task = None
        self._waits_for_more = asyncio.Event()

    async def startup(self):
        """Tell the application that it starts; return when it has, or does not want to know."""
        loop = asyncio.get_running_loop()
        self._task = loop.create_task(self._converse())
        answer = await self._ask("startup")
        if answer == "complete":
            self.is_running = True
        elif isinstance(answer, StartupFailed):
            raise answer
        elif answer is not None and (self._heard or self.is_required):
            lines = traceback.format_exception(type(answer), answer, answer.__traceback__)
            raise StartupFailed(f"{type(answer).__name__}: {answer}", "".join(lines).rstrip())
        elif self.is_required:
            raise StartupFailed("it ended before it had started", None)

    async def shutdown(self):
        """Tell the application that it ends; return when it has done so."""
        answer = await self._ask("shutdown")
        if isinstance(answer, StartupFailed):
            raise answer
        if isinstance(answer, BaseException):
            lines = traceback.format_exception(type(answer), answer, answer.__traceback__)
            raise StartupFailed(f"{type(answer).__name__}: {answer}", "".join(lines).rstrip())
        # What comes after its last message is the application's too, until it asks for more.
        waiting = asyncio.ensure_future(self._waits_for_more.wait())
        await asyncio.wait([self._task, waiting], return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()

    async def _ask(self, event):
        self._answered.clear()
        self._answer = None
        self._inbox.put_nowait({"type": f"lifespan.{event}"})
        answered = asyncio.ensure_future(self._answered.wait())
        await asyncio.wait([answered, self._task], return_when=asyncio.FIRST_COMPLETED)
        if answered.done():
            return self._answer
        answered.cancel()
        return None if self._task.cancelled() else self._task.exception()

    async def _converse(self):
        scope = {
            "type": "lifespan",
            "asgi": {"version": "3.0", "spec_version": "2.0"},
            "state": self.state,
        }
        await self.application(scope, self._receive, self._send)

    async def _receive(self):
        if self._heard == "lifespan.shutdown":
            self._waits_for_more.set()
        message = await self._inbox.get()
        self._heard = message["type"]
        return message

    async def _send(self, message):
        kind = message["type"]
        event = (self._heard or "").partition(".")[2]
        if kind == f"lifespan.{event}.complete":
            self._answer = "complete"
        elif kind == f"lifespan.{event}.failed":
            text = message.get("message", "").strip()
            summary = text.splitlines()[-1] if text else f"{kind} without a message"
            self._answer = StartupFailed(summary, text if "\n" in text else None)
        else:
            raise RuntimeError(f"{kind!r} is no answer to {self._heard!r}")
        self._answered.set()
