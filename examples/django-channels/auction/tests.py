"""Tests of the auction itself, without a server: `manage.py test`."""

import json
import tempfile
from contextlib import asynccontextmanager
from decimal import Decimal
from io import StringIO
from pathlib import Path

from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import TransactionTestCase, override_settings

from mysite.asgi import application

from .bidding import Refused, place_bid
from .models import Bid, Lot

ORIGIN = (b"origin", b"http://localhost")


class AuctionTestCase(TransactionTestCase):
    """A seeded auction whose files go to a folder of its own."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        changed = override_settings(
            MEDIA_ROOT=Path(folder.name),
            PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        )
        changed.enable()
        self.addCleanup(changed.disable)
        call_command("seed", stdout=StringIO())
        self.lot = Lot.objects.get(title="A map of the harbour")
        self.alice = get_user_model().objects.get(username="alice")

    def log_in(self, name="alice"):
        self.assertTrue(self.client.login(username=name, password=f"{name}-password"))


class Rules(AuctionTestCase):
    def test_a_bid_must_be_higher(self):
        place_bid(self.alice, self.lot.pk, Decimal("20.00"))
        for amount in ["20.00", "15.50"]:
            with self.assertRaisesMessage(Refused, "Somebody bids 20.00 already."):
                place_bid(self.alice, self.lot.pk, Decimal(amount))
        self.assertEqual(Bid.objects.count(), 1)

    def test_the_first_bid_reaches_the_starting_price(self):
        with self.assertRaisesMessage(Refused, "The bidding starts at 15.50."):
            place_bid(self.alice, self.lot.pk, Decimal("15.49"))
        place_bid(self.alice, self.lot.pk, Decimal("15.50"))

    def test_a_closed_lot_takes_no_bid(self):
        Lot.objects.update(is_open=False)
        with self.assertRaises(Refused):
            place_bid(self.alice, self.lot.pk, Decimal("100"))


class Pages(AuctionTestCase):
    def test_the_seed_is_idempotent(self):
        call_command("seed", stdout=StringIO())
        self.assertEqual((Lot.objects.count(), get_user_model().objects.count()), (3, 3))

    def test_the_board_shows_the_price(self):
        self.assertContains(self.client.get("/"), "15.50")
        place_bid(self.alice, self.lot.pk, Decimal("17.25"))
        self.assertContains(self.client.get("/"), "17.25")

    async def test_bids_and_their_export(self):
        await sync_to_async(place_bid)(self.alice, self.lot.pk, Decimal("20"))
        answer = await self.async_client.get(f"/api/lots/{self.lot.pk}/bids/")
        self.assertEqual(answer.json()["bids"], [{"bidder": "alice", "amount": "20.00"}])
        export = await self.async_client.get("/bids.csv")
        lines = b"".join([piece async for piece in export.streaming_content]).splitlines()
        self.assertEqual(lines, [b"lot,bidder,amount", b"%d,alice,20.00" % self.lot.pk])

    async def test_papers_are_for_members(self):
        path = f"/lots/{self.lot.pk}/papers/"
        self.assertEqual((await self.async_client.get(path)).status_code, 302)
        await self.async_client.aforce_login(self.alice)
        answer = await self.async_client.get(path)
        content = b"".join([piece async for piece in answer.streaming_content])
        self.assertTrue(content.startswith(b"A map of the harbour"))
        self.assertEqual(int(answer["Content-Length"]), len(content))


class Window:
    """A WebSocket to the application. (Channels has one, which wants all of Daphne.)"""

    def __init__(self, headers):
        path = "/ws/board/"
        scope = {"type": "websocket", "path": path, "headers": headers, "subprotocols": []}
        self._application = ApplicationCommunicator(application, scope)

    async def open(self) -> bool:
        await self._application.send_input({"type": "websocket.connect"})
        answer = await self._application.receive_output(timeout=10)
        return answer["type"] == "websocket.accept"

    async def send(self, **data):
        await self._application.send_input({"type": "websocket.receive", **data})

    async def send_json(self, value):
        await self.send(text=json.dumps(value))

    async def receive(self):
        answer = await self._application.receive_output(timeout=10)
        return json.loads(answer["text"])

    async def receive_close(self) -> int:
        answer = await self._application.receive_output(timeout=10)
        return answer["code"]

    async def close(self):
        await self._application.send_input({"type": "websocket.disconnect", "code": 1000})
        await self._application.wait(timeout=10)


class Board(AuctionTestCase):
    def headers(self):
        cookie = self.client.cookies.get(settings.SESSION_COOKIE_NAME)
        if cookie is None:
            return [ORIGIN]
        return [ORIGIN, (b"cookie", f"{cookie.key}={cookie.value}".encode())]

    @asynccontextmanager
    async def open(self):
        board = Window(self.headers())
        self.assertTrue(await board.open())
        try:
            yield board
        finally:
            await board.close()

    async def test_a_stranger_watches(self):
        async with self.open() as board:
            first = await board.receive()
            self.assertEqual((first["type"], first["user"]), ("lots", None))
            self.assertEqual(len(first["lots"]), 3)
            await board.send_json({"lot": self.lot.pk, "amount": "20"})
            refused = {"type": "refused", "detail": "Log in to bid."}
            self.assertEqual(await board.receive(), refused)

    async def test_a_member_bids_and_the_board_shows_it(self):
        await sync_to_async(self.log_in)()
        async with self.open() as board:
            self.assertEqual((await board.receive())["user"], "alice")
            await board.send_json({"lot": self.lot.pk, "amount": "20"})
            events = [await board.receive(), await board.receive()]
            events = {event["type"]: event for event in events}
            self.assertEqual(events["accepted"]["amount"], "20")
            shown = events["lot"]["lot"]
            self.assertEqual((shown["price"], shown["bidder"]), ("20.00", "alice"))

    async def test_nonsense_is_refused(self):
        await sync_to_async(self.log_in)()
        async with self.open() as board:
            await board.receive()
            for text in ["", "no json", "[]", "{}", '{"lot": "x", "amount": null}']:
                await board.send(text=text)
                self.assertEqual((await board.receive())["type"], "refused", text)
            await board.send(bytes=b"\0")
            self.assertEqual(await board.receive_close(), 1003)

    async def test_what_the_admin_saves_is_shown(self):
        async with self.open() as board:
            await board.receive()
            await sync_to_async(self.log_in)("admin")
            form = {"title": "Renamed", "starting_price": "9", "is_open": "on"}
            change = f"/admin/auction/lot/{self.lot.pk}/change/"
            answer = await sync_to_async(self.client.post)(change, form)
            self.assertEqual(answer.status_code, 302)
            event = await board.receive()
            self.assertEqual((event["type"], event["lot"]["title"]), ("lot", "Renamed"))

    async def test_a_lot_that_is_deleted_leaves(self):
        async with self.open() as board:
            await board.receive()
            pk = self.lot.pk
            await self.lot.adelete()
            self.assertEqual(await board.receive(), {"type": "gone", "id": pk})

    async def test_other_sites_are_refused(self):
        board = Window([(b"origin", b"http://elsewhere.example")])
        self.assertFalse(await board.open())
