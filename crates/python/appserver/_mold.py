"""The start of a mold: the user's interpreter, made ready to load the application.

Everything that serves is in the compiled module; here is only what is simpler said in Python.
"""

import atexit
import faulthandler
import gc
import os
import signal
import sys
import threading

import appserver
from appserver import _appserver

# Asked for by the master when a request runs too long; workers answer with the stack of each thread.
DUMP_SIGNAL = signal.SIGPWR


def main(mode, fd):
    """Run as a mold, or load the application and answer about it. Does not return."""
    appserver._serves = True
    sys.argv[1:] = []
    sys.argv[0] = "appserver"
    if sys.path and sys.path[0] == "":
        del sys.path[0]
    faulthandler.enable(all_threads=True)
    faulthandler.register(DUMP_SIGNAL, all_threads=True, chain=False)
    # The master decides what a signal from the terminal means. Not ignored, because programs that
    # the application starts would then ignore it too.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _nothing)
    if mode == "check":
        leave(_appserver.check(fd))
    if mode == "interface":
        leave(_appserver.interface(fd))
    if mode == "token":
        leave(_appserver.token(fd))
    if mode == "operate":
        leave(_appserver.operate(fd))
    code = _appserver.mold(fd, mode == "mold-each")
    if code is None:
        start_over(fd)
    leave(code)


def _nothing(_number, _frame):
    pass


def prepare(directory, paths):
    """Make the application's modules importable, the project's own directory first."""
    directory = os.fspath(directory)
    for path in reversed([directory, *(os.path.join(directory, path) for path in paths)]):
        if path in sys.path:
            sys.path.remove(path)
        sys.path.insert(0, path)


def residue(known):
    """What the import left behind that a forked process would not have, or would share.

    Threads do not survive a fork, and two processes that read one connection get each other's
    answers. `known` are the descriptors of the server itself.
    """
    found = [f"thread {thread.name!r}" for thread in threading.enumerate() if thread is not threading.main_thread()]
    count = len(os.listdir("/proc/self/task")) - 1 - len(found)
    if count > 0:
        found.append(f"{count} thread(s) outside Python" + _thread_names())
    for name in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{name}")
        except OSError:
            continue
        if int(name) not in known and int(name) > 2 and target.startswith(("socket:", "anon_inode:[eventpoll]")):
            found.append(_describe(int(name), target))
    return found


def _thread_names():
    names = set()
    for task in os.listdir("/proc/self/task"):
        if int(task) != os.getpid():
            try:
                with open(f"/proc/self/task/{task}/comm") as comm:
                    names.add(comm.read().strip())
            except OSError:
                pass
    return f" ({', '.join(sorted(names))})" if names else ""


def _describe(fd, target):
    import socket

    if not target.startswith("socket:"):
        return f"descriptor {fd} ({target})"
    try:
        with socket.socket(fileno=os.dup(fd)) as copy:
            peer = copy.getpeername()
    except OSError:
        return f"socket {fd}"
    return f"socket {fd}, connected to {peer!r}"


def start_over(fd):
    """Become a fresh interpreter that leaves the loading to its workers."""
    arguments = [argument if argument != "mold" else "mold-each" for argument in sys.orig_argv]
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, arguments)


def freeze():
    """Keep what is loaded out of the collector's way, so that workers go on sharing it."""
    gc.collect()
    gc.freeze()


def finish():
    """What the interpreter does at its end, without taking it down around the server."""
    for step in (threading._shutdown, atexit._run_exitfuncs):
        try:
            step()
        except BaseException:
            sys.excepthook(*sys.exc_info())


def leave(code):
    """End this process."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            pass
    os._exit(code)
