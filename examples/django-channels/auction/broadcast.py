"""Tells every open board what has changed, whoever changed it: a bidder, the admin, a script.

A script is a process of its own, so that boards hear of it only through Redis.
"""

from functools import partial

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction
from django.db.models.signals import post_delete, post_save

from .bidding import describe
from .models import Bid, Lot

BOARDS = "boards"


def follow_changes() -> None:
    """Connects the signals. They come from the thread that saves, never from the event loop."""
    post_save.connect(_lot_saved, sender=Lot)
    post_delete.connect(_lot_deleted, sender=Lot)
    post_save.connect(_bid_changed, sender=Bid)
    post_delete.connect(_bid_changed, sender=Bid)


def _lot_saved(instance: Lot, **_) -> None:
    transaction.on_commit(partial(_show, instance.pk))


def _lot_deleted(instance: Lot, **_) -> None:
    transaction.on_commit(partial(_tell, {"type": "lot.gone", "id": instance.pk}))


def _bid_changed(instance: Bid, **_) -> None:
    transaction.on_commit(partial(_show, instance.lot_id))


def _show(pk: int) -> None:
    # What is in the database counts, and not the object that was saved: it may have grown old.
    lot = Lot.objects.filter(pk=pk).first()
    if lot is not None:
        _tell({"type": "lot.changed", "lot": describe(lot)})


def _tell(event: dict) -> None:
    async_to_sync(get_channel_layer().group_send)(BOARDS, event)
