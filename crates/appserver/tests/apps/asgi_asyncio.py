"""What asyncio offers, used inside views. A path is the name of a view, which answers `ok` or says
what went wrong.
"""

import asyncio
import contextvars
import os
import signal
import socket
import ssl
import sys
import tempfile
import threading

import anyio
import anyio.from_thread
import anyio.to_thread

_views = {}
_user = contextvars.ContextVar("user", default="nobody")
_handled = []


def view(function):
    _views["/" + function.__name__.replace("_", "-")] = function
    return function


@view
async def tasks(scope):
    order = []

    async def work(number):
        await asyncio.sleep(0)
        order.append(number)
        return number

    found = await asyncio.gather(*(work(number) for number in range(5)))
    assert found == order == list(range(5))
    done, pending = await asyncio.wait([asyncio.create_task(work(9))], timeout=60)
    assert len(done) == 1 and not pending


@view
async def task_group(scope):
    if sys.version_info < (3, 11):
        return
    results = []

    async def work(number):
        await asyncio.sleep(0.001)
        results.append(number)

    async with asyncio.TaskGroup() as group:
        for number in range(3):
            group.create_task(work(number))
    assert sorted(results) == [0, 1, 2]
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.sleep(3600))
            group.create_task(asyncio.wait_for(asyncio.Event().wait(), 0.001))
    except BaseException as error:
        assert type(error).__name__ == "ExceptionGroup", error
    else:
        raise AssertionError("no exception")


@view
async def timeout(scope):
    if sys.version_info >= (3, 11):
        try:
            async with asyncio.timeout(0.001):
                await asyncio.sleep(3600)
        except TimeoutError:
            pass
        else:
            raise AssertionError("no timeout")
    try:
        await asyncio.wait_for(asyncio.sleep(3600), 0.001)
    except asyncio.TimeoutError:
        return
    raise AssertionError("no timeout")


@view
async def subprocess(scope):
    script = "import sys; sys.stdout.write(sys.stdin.read().upper()); sys.exit(7)"
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", script, stdin=pipe, stdout=pipe)
    out, _ = await process.communicate(b"shout" * 50_000)
    assert out == b"SHOUT" * 50_000, len(out)
    assert process.returncode == 7, process.returncode
    shell = await asyncio.create_subprocess_shell("kill -9 $$")
    assert await shell.wait() == -9


async def certificate(folder):
    """A key and a certificate for localhost, which OpenSSL's program makes."""
    key, cert = os.path.join(folder, "key.pem"), os.path.join(folder, "cert.pem")
    process = await asyncio.create_subprocess_exec(
        *("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2").split(),
        *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
        *("-keyout", key, "-out", cert),
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert await process.wait() == 0
    return key, cert


@view
async def tls(scope):
    async def shout(reader, writer):
        writer.write((await reader.readline()).upper())
        await writer.drain()
        writer.close()

    with tempfile.TemporaryDirectory() as folder:
        key, cert = await certificate(folder)
        server_context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        server_context.load_cert_chain(cert, key)
        client_context = ssl.create_default_context(cafile=cert)
    server = await asyncio.start_server(shout, "127.0.0.1", 0, ssl=server_context, limit=1 << 20)
    host, port = server.sockets[0].getsockname()
    reader, writer = await asyncio.open_connection(
        host, port, ssl=client_context, server_hostname="localhost", limit=1 << 20
    )
    writer.write(b"quiet" * 50_000 + b"\n")
    answer = await reader.read(-1)
    assert answer == b"QUIET" * 50_000 + b"\n", len(answer)
    writer.close()
    server.close()


@view
async def readers(scope):
    loop = asyncio.get_running_loop()
    left, right = socket.socketpair()
    left.setblocking(False)
    right.setblocking(False)
    arrived = loop.create_future()
    loop.add_reader(left, lambda: arrived.done() or arrived.set_result(left.recv(100)))
    right.send(b"hello")
    assert await arrived == b"hello"
    assert loop.remove_reader(left)
    writable = loop.create_future()
    loop.add_writer(left, lambda: writable.done() or writable.set_result(True))
    assert await writable
    assert loop.remove_writer(left)
    # A descriptor of the same number, opened anew.
    left.close()
    right.close()
    left, right = socket.socketpair()
    left.setblocking(False)
    right.setblocking(False)
    receiving = asyncio.create_task(loop.sock_recv(left, 100))
    await loop.sock_sendall(right, b"again")
    assert await receiving == b"again"
    left.close()
    right.close()


@view
async def threads(scope):
    loop = asyncio.get_running_loop()
    main = threading.get_ident()
    assert await loop.run_in_executor(None, threading.get_ident) != main
    _user.set("carried")
    assert await asyncio.to_thread(_user.get) == "carried"
    called = asyncio.Event()
    thread = threading.Thread(target=lambda: loop.call_soon_threadsafe(called.set))
    thread.start()
    await called.wait()
    thread.join()

    def from_outside():
        return asyncio.run_coroutine_threadsafe(asyncio.sleep(0, "slept"), loop).result()

    assert await asyncio.to_thread(from_outside) == "slept"


@view
async def with_anyio(scope):
    order = []

    async def work(number):
        await anyio.sleep(0.001)
        order.append(number)

    async with anyio.create_task_group() as group:
        for number in range(3):
            group.start_soon(work, number)
    assert sorted(order) == [0, 1, 2]
    with anyio.move_on_after(0.001) as cancelled:
        await anyio.sleep(3600)
    assert cancelled.cancelled_caught if hasattr(cancelled, "cancelled_caught") else cancelled.cancel_called
    main = threading.get_ident()

    def in_thread():
        assert threading.get_ident() != main
        anyio.from_thread.run(anyio.sleep, 0.001)
        return anyio.from_thread.run_sync(threading.get_ident)

    assert await anyio.to_thread.run_sync(in_thread) == main


@view
async def context(scope):
    name = scope["query_string"].decode()
    assert _user.get() == "nobody", _user.get()
    _user.set(name)
    await asyncio.sleep(0.001)
    assert _user.get() == name
    assert await asyncio.create_task(_name()) == name


async def _name():
    return _user.get()


@view
async def current(scope):
    task = asyncio.current_task()
    assert task is not None
    assert task in asyncio.all_tasks()
    assert asyncio.get_running_loop() is asyncio.get_event_loop()
    await asyncio.sleep(0)
    assert asyncio.current_task() is task


@view
async def timers(scope):
    loop = asyncio.get_running_loop()
    for delay in (0, 0.001, 0.003):
        called = loop.create_future()
        begun = loop.time()
        loop.call_later(delay, called.set_result, None)
        await called
        # asyncio calls a timer when it is due by the resolution of its clock.
        assert loop.time() - begun >= delay - 0.001
    await asyncio.sleep(-1)


@view
async def signals(scope):
    loop = asyncio.get_running_loop()
    rung = loop.create_future()
    loop.add_signal_handler(signal.SIGALRM, lambda: rung.done() or rung.set_result("asyncio's"))
    signal.setitimer(signal.ITIMER_REAL, 0.005)
    assert await asyncio.wait_for(rung, 60) == "asyncio's"
    assert loop.remove_signal_handler(signal.SIGALRM)

    # Python's own runs while the loop has nothing to do.
    rung = loop.create_future()
    before = signal.signal(signal.SIGALRM, lambda *_: loop.call_soon_threadsafe(rung.set_result, None))
    signal.setitimer(signal.ITIMER_REAL, 0.005)
    await asyncio.wait_for(rung, 60)
    signal.signal(signal.SIGALRM, before)


@view
async def server_signals(scope):
    """These belong to the server: the handlers are accepted, and none disturbs it."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGUSR2, signal.SIGUSR1, signal.SIGHUP):
        loop.add_signal_handler(number, lambda: _handled.append("stolen"))
    loop.add_signal_handler(signal.SIGTERM, lambda: print("the app hears of the end", flush=True))
    assert not _handled


@view
async def steal_signal(scope):
    """Taken from the server, as libraries do that want to hear of the end."""
    signal.signal(signal.SIGTERM, lambda *_: print("the thief hears of the end", flush=True))


@view
async def generator(scope):
    """Left open, for the loop to close at its end."""

    async def count():
        try:
            for number in range(10):
                yield number
        finally:
            await asyncio.sleep(0)
            print("the generator is closed", flush=True)

    numbers = count()
    assert await numbers.__anext__() == 0
    _handled.append(numbers)


@view
async def nested(scope):
    try:
        asyncio.run(asyncio.sleep(0))
    except RuntimeError as error:
        assert "running event loop" in str(error)
    # In a thread, a loop of its own.
    assert await asyncio.to_thread(lambda: asyncio.run(asyncio.sleep(0, "own"))) == "own"


@view
async def many_turns(scope):
    for _ in range(2000):
        await asyncio.sleep(0)


@view
async def debug(scope):
    assert asyncio.get_running_loop().get_debug()


@view
async def executor(scope):
    begun, stopping = threading.Event(), threading.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stopping.set)

    def work():
        begun.set()
        # So that the worker has begun to end before its thread does.
        stopping.wait()
        print("the executor has finished", flush=True)

    loop.run_in_executor(None, work)
    await asyncio.to_thread(begun.wait)


async def application(scope, receive, send):
    assert scope["type"] == "http"
    await _views[scope["path"]](scope)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})
