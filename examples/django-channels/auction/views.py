"""Pages, in both colours: `async def` views run in the event loop, others in a thread."""

import asyncio
import os
import threading

from django.contrib.auth.decorators import login_required
from django.http import Http404, JsonResponse, StreamingHttpResponse
from django.shortcuts import aget_object_or_404, get_object_or_404, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from .bidding import describe_all
from .models import Bid, Lot

PIECE = 64 * 1024


@require_safe
def board(request):
    """A view as always: it queries, renders a template, and runs in a thread."""
    return render(request, "auction/board.html", {"lots": describe_all()})


@require_safe
async def lot_bids(request, pk):
    """An async view with async queries: the bids for a lot, highest first."""
    lot = await aget_object_or_404(Lot, pk=pk)
    bids = [
        {"bidder": bid.bidder.get_username(), "amount": str(bid.amount)}
        async for bid in lot.bids.select_related("bidder")
    ]
    return JsonResponse({"lot": lot.pk, "title": lot.title, "bids": bids})


@require_safe
async def export(request):
    """A stream, row by row from the database."""

    async def lines():
        yield "lot,bidder,amount\n"
        bids = Bid.objects.select_related("bidder").order_by("pk")
        async for bid in bids.aiterator(chunk_size=100):
            yield f"{bid.lot_id},{bid.bidder.get_username()},{bid.amount}\n"

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = content_disposition_header(True, "bids.csv")
    return response


@login_required
@require_safe
def papers(request, pk):
    """A file, for members only.

    Django's FileResponse would be read into memory as a whole here, because a file is no async
    iterator.
    """
    lot = get_object_or_404(Lot, pk=pk)
    if not lot.papers:
        raise Http404("this lot has no papers")
    response = StreamingHttpResponse(_pieces(lot.papers.path))
    response["Content-Type"] = "application/octet-stream"
    response["Content-Length"] = lot.papers.size
    name = os.path.basename(lot.papers.name)
    response["Content-Disposition"] = content_disposition_header(True, name)
    return response


async def _pieces(path):
    file = await asyncio.to_thread(open, path, "rb")
    with file:
        while piece := await asyncio.to_thread(file.read, PIECE):
            yield piece


@require_safe
def where_sync(request):
    return JsonResponse(_where())


@require_safe
async def where_async(request):
    await asyncio.sleep(0)
    return JsonResponse(_where())


def _where():
    is_main = threading.current_thread() is threading.main_thread()
    return {"pid": os.getpid(), "thread": threading.get_ident(), "is_main_thread": is_main}
