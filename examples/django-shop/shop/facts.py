"""What a view can say about the server that runs it; the end-to-end tests read it."""

import os
import threading

from django.db.backends.signals import connection_created
from django.http import HttpRequest

_this_thread = threading.local()

# The environ keys that are facts about the server and its peer. The rest is the client's business.
_ENVIRON = [
    "SERVER_NAME",
    "SERVER_PORT",
    "SERVER_PROTOCOL",
    "SERVER_SOFTWARE",
    "REMOTE_ADDR",
    "REMOTE_PORT",
    "SCRIPT_NAME",
    "PATH_INFO",
    "QUERY_STRING",
    "RAW_URI",
    "wsgi.version",
    "wsgi.url_scheme",
    "wsgi.multithread",
    "wsgi.multiprocess",
    "wsgi.run_once",
    "wsgi.input_terminated",
]


def count_connections() -> None:
    """Starts counting the database connections that each thread opens."""
    connection_created.connect(_note_connection, dispatch_uid="shop.facts")


def _note_connection(**_signal) -> None:
    _this_thread.connections = getattr(_this_thread, "connections", 0) + 1


def collect(request: HttpRequest) -> dict:
    """Returns the facts; counts the requests for them per thread, beginning with 1."""
    _this_thread.requests = getattr(_this_thread, "requests", 0) + 1
    thread = threading.current_thread()
    return {
        "pid": os.getpid(),
        "parent_pid": os.getppid(),
        "thread": thread.name,
        "thread_id": thread.ident,
        "main_thread": thread is threading.main_thread(),
        "threads": threading.active_count(),
        "requests_in_thread": _this_thread.requests,
        "connections_in_thread": getattr(_this_thread, "connections", 0),
        "environ": {key: request.META[key] for key in _ENVIRON if key in request.META},
    }
