"""Views that make a server sweat: slow, busy, endless, broken. A real shop has them by accident."""

import time

from django.http import HttpResponseBadRequest, JsonResponse, StreamingHttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from . import facts
from .models import Product


class _BadParameter(ValueError):
    pass


def _number(request, name: str, default, most):
    """Returns the parameter `name` as a number like `default`, at most `most`."""
    text = request.GET.get(name)
    if text is None:
        return default
    try:
        value = type(default)(text)
    except ValueError as error:
        raise _BadParameter(f"{name} is not a number") from error
    # Written so that NaN is refused as well.
    if not 0 <= value <= most:
        raise _BadParameter(f"{name} is not in 0..{most}")
    return value


def _probe(view):
    def answer(request):
        try:
            return view(request)
        except _BadParameter as error:
            return HttpResponseBadRequest(f"{error}\n", content_type="text/plain")

    return require_safe(never_cache(answer))


@_probe
def slow(request):
    """Waits `seconds`, as a view does that asks a slow service."""
    seconds = _number(request, "seconds", 1.0, 600)
    time.sleep(seconds)
    return JsonResponse({"slept": seconds})


@_probe
def cpu(request):
    """Computes for `n` rounds, holding the interpreter lock all the time."""
    rounds = _number(request, "n", 100_000, 100_000_000)
    begin = time.thread_time()
    value = 0
    for number in range(rounds):
        value = (value * 31 + number) % 1_000_003
    return JsonResponse({"n": rounds, "value": value, "cpu_seconds": time.thread_time() - begin})


@_probe
def stream(request):
    """Streams `chunks` lines of `size` bytes, `delay` seconds apart; raises before line `fail`."""
    chunks = _number(request, "chunks", 10, 1_000_000)
    size = _number(request, "size", 16, 1_000_000)
    delay = _number(request, "delay", 0.0, 60)
    fail = _number(request, "fail", chunks, 1_000_000)

    def lines():
        for number in range(chunks):
            if number == fail:
                raise RuntimeError(f"the stream breaks before chunk {number}, as asked")
            if delay and number:
                time.sleep(delay)
            yield f"chunk {number} ".encode().ljust(max(size - 1, 0), b".") + b"\n"

    return StreamingHttpResponse(lines(), content_type="text/plain")


@_probe
def whoami(request):
    """Says who serves: process, thread, and the database connections that this thread opened."""
    products = Product.objects.count()
    return JsonResponse({"products": products, **facts.collect(request)})


@_probe
def boom(request):
    """Raises, as a view with a bug does."""
    raise RuntimeError("this view always fails")
