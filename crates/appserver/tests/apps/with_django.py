"""A Django project in one file, served as ASGI: settings, views and the application.

Middleware, signals and the disconnect of a client are Django's own; the project has no database.
"""

import asyncio
import os
import tempfile
import threading

import django
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.signals import request_finished, request_started
from django.http import FileResponse, HttpResponse, JsonResponse, StreamingHttpResponse
from django.urls import path

if not settings.configured:
    settings.configure(
        ROOT_URLCONF=__name__,
        SECRET_KEY="only for tests",
        ALLOWED_HOSTS=["*"],
        MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
        # Uploads above this go to a file.
        FILE_UPLOAD_MAX_MEMORY_SIZE=64 * 1024,
        DATA_UPLOAD_MAX_MEMORY_SIZE=64 * 1024 * 1024,
        LOGGING_CONFIG=None,
    )
    django.setup()


def say(*words):
    print(*words, flush=True)


request_started.connect(lambda **_: say("request started"), weak=False)
request_finished.connect(lambda **_: say("request finished"), weak=False)

FILE = bytes(range(256)) * 1000


def where():
    return {"is_main": threading.current_thread() is threading.main_thread(), "pid": os.getpid()}


async def in_the_loop(request):
    await asyncio.sleep(0)
    return JsonResponse({**where(), "path": request.path, "host": request.get_host()})


def in_a_thread(request):
    return JsonResponse(where())


async def lines(request):
    async def pieces():
        for number in range(500):
            yield f"line {number}\n"
            await asyncio.sleep(0)

    return StreamingHttpResponse(pieces(), content_type="text/plain")


def sync_lines(request):
    return StreamingHttpResponse((f"line {number}\n" for number in range(500)), content_type="text/plain")


def file(request):
    file = tempfile.NamedTemporaryFile(suffix=".bin")
    file.write(FILE)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename="all.bin")


def upload(request):
    file = request.FILES["file"]
    return JsonResponse({"name": file.name, "size": file.size, "sum": sum(file.read())})


async def body(request):
    return HttpResponse(request.body)


async def patient(request):
    """Waits for ever, as long as its client does."""
    say("the view waits")
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        say("the view is cancelled")
        raise


async def feed(request):
    async def pieces():
        try:
            while True:
                yield "data: tick\n\n"
                await asyncio.sleep(0.005)
        finally:
            say("the feed has ended")

    return StreamingHttpResponse(pieces(), content_type="text/event-stream")


async def boom(request):
    raise RuntimeError("this view always fails")


urlpatterns = [
    path("loop/", in_the_loop),
    path("thread/", in_a_thread),
    path("lines/", lines),
    path("sync-lines/", sync_lines),
    path("file/", file),
    path("upload/", upload),
    path("body/", body),
    path("patient/", patient),
    path("feed/", feed),
    path("boom/", boom),
]

application = get_asgi_application()
