"""The WebSocket of an open board: it is told of changes, and bids."""

import json

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer

from .bidding import Refused, describe_all, place_bid
from .broadcast import BOARDS
from .forms import BidForm

UNSUPPORTED_DATA = 1003


class BoardConsumer(AsyncWebsocketConsumer):
    """Sends `{"type": "lots"}` once, then `lot`, `gone`, `accepted` and `refused`."""

    groups = [BOARDS]

    async def connect(self):
        await self.accept()
        lots = await database_sync_to_async(describe_all)()
        user = self.scope["user"].get_username() or None
        await self._send("lots", lots=lots, user=user)

    async def receive(self, text_data=None, bytes_data=None):
        if text_data is None:
            await self.close(UNSUPPORTED_DATA, "text only")
            return
        try:
            bid = await self._bid(text_data)
        except Refused as error:
            await self._send("refused", detail=str(error))
        else:
            await self._send("accepted", lot=bid.lot_id, amount=str(bid.amount))

    async def lot_changed(self, event):
        await self._send("lot", lot=event["lot"])

    async def lot_gone(self, event):
        await self._send("gone", id=event["id"])

    async def _bid(self, text):
        try:
            sent = json.loads(text)
        except ValueError:
            sent = None
        form = BidForm(sent if isinstance(sent, dict) else {})
        if not form.is_valid():
            raise Refused("A bid is a lot and an amount.")
        wanted = form.cleaned_data
        bid = database_sync_to_async(place_bid)
        return await bid(self.scope["user"], wanted["lot"], wanted["amount"])

    async def _send(self, kind, **values):
        await self.send(text_data=json.dumps({"type": kind, **values}))
