"""Pages that behave well, and pages that behave as the worst of a real site does now and then."""

import os
import resource
import threading
import time

from django.http import HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from .models import Item
from .version import VERSION

# The longest that a page may be told to wait or to compute, so that no mistake holds a server for ever.
MOST_SECONDS = 60.0
# Steps that CPython takes in about a millisecond. Always the same work, however busy the machine is.
STEPS_PER_MS = 10_000
BIG = b"0123456789abcdef" * 65536


def fast(_request):
    """What a page costs that does nothing."""
    return HttpResponse(b"Hello, world!", content_type="text/plain")


def slow(request):
    """Waits `?seconds=`, as for a slow query or another service: no computing, no GIL."""
    time.sleep(min(float(request.GET.get("seconds", "1")), MOST_SECONDS))
    return HttpResponse(b"at last", content_type="text/plain")


def cpu(request):
    """Computes for about `?ms=` milliseconds in Python, holding the GIL."""
    steps = int(min(float(request.GET.get("ms", "10")), MOST_SECONDS * 1000) * STEPS_PER_MS)
    value = 1
    for step in range(steps):
        value = (value * 3 + step) & 0xFFFFFF
    return HttpResponse(str(value).encode(), content_type="text/plain")


def big(_request):
    """A response of one MiB."""
    return HttpResponse(BIG, content_type="application/octet-stream")


@csrf_exempt
def upload(request):
    """Reads the whole body and says how long it was."""
    return JsonResponse({"bytes": len(request.body)})


def items(_request):
    """One query of the database, twenty rows."""
    rows = Item.objects.filter(in_stock=True).order_by("-id").values("id", "name", "price")[:20]
    return JsonResponse({"items": list(rows)})


def version(_request):
    """The process that answers, and what it was loaded with."""
    return JsonResponse({"version": VERSION, "pid": os.getpid()})


def crash(_request):
    """Ends the process at once, as a bug in a C extension does."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.abort()


def hang(_request):
    """Never answers, as in a deadlock."""
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()
