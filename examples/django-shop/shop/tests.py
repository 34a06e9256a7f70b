"""Tests of the shop itself, without a server: `manage.py test`."""

import hashlib
import tempfile
from io import StringIO
from pathlib import Path

from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import TestCase, override_settings
from rest_framework.test import APIClient

from mysite.secret_key import read_or_create

from .models import Order, Product, Upload


class ShopTestCase(TestCase):
    """A seeded shop whose files go to a folder of its own."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.enterClassContext(
            override_settings(
                MEDIA_ROOT=Path(folder.name),
                PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
            )
        )
        super().setUpClass()

    # unittest has this from Python 3.11 on.
    if not hasattr(TestCase, "enterClassContext"):

        @classmethod
        def enterClassContext(cls, context):
            result = context.__enter__()
            cls.addClassCleanup(context.__exit__, None, None, None)
            return result

    @classmethod
    def setUpTestData(cls):
        call_command("seed", stdout=StringIO())
        cls.tea = Product.objects.get(slug="assam-tea-small")

    def log_in(self, name="alice"):
        self.assertTrue(self.client.login(username=name, password=f"{name}-password"))


class Pages(ShopTestCase):
    def test_the_seed_is_idempotent(self):
        call_command("seed", stdout=StringIO())
        self.assertEqual(Product.objects.count(), 50)
        self.assertEqual(get_user_model().objects.count(), 2)

    def test_the_list_has_pages_and_categories(self):
        self.assertContains(self.client.get("/?page=3"), "Page 3 of 3")
        self.assertContains(self.client.get("/?category=tea"), "Assam (tea, small)")
        self.assertNotContains(self.client.get("/?category=tea"), "Saffron")
        self.assertEqual(self.client.get("/?category=nonesuch").status_code, 404)

    def test_a_login_gives_a_session(self):
        answer = self.client.post("/login/", {"username": "alice", "password": "alice-password"})
        self.assertRedirects(answer, "/")
        self.assertContains(self.client.get("/"), "Log out alice")

    def test_an_order_lowers_the_stock(self):
        self.log_in()
        answer = self.client.post("/products/assam-tea-small/order/", {"quantity": 3})
        self.assertRedirects(answer, "/orders/")
        self.tea.refresh_from_db()
        self.assertEqual(self.tea.stock, 997)
        self.assertContains(self.client.get("/orders/"), "Total 10.50")

    def test_an_order_needs_a_login(self):
        answer = self.client.post("/products/assam-tea-small/order/", {"quantity": 3})
        self.assertEqual(answer.status_code, 302)
        self.assertFalse(Order.objects.exists())

    def test_the_admin_lists_products(self):
        self.log_in("admin")
        self.assertContains(self.client.get("/admin/shop/product/"), "50 products")

    def test_an_upload_comes_back_to_its_owner_only(self):
        self.log_in()
        data = bytes(range(256)) * 1000
        answer = self.client.post("/upload/", {"file": SimpleUploadedFile("a.bin", data)}).json()
        self.assertEqual(answer["size"], len(data))
        self.assertEqual(answer["sha256"], hashlib.sha256(data).hexdigest())
        download = self.client.get(f"/download/{answer['id']}/")
        self.assertEqual(b"".join(download.streaming_content), data)
        self.log_in("admin")
        self.assertEqual(self.client.get(f"/download/{answer['id']}/").status_code, 404)

    def test_the_exports(self):
        lines = b"".join(self.client.get("/products.csv").streaming_content).splitlines()
        self.assertEqual(len(lines), 51)
        prices = b"".join(self.client.get("/price-list/").streaming_content)
        self.assertIn(b"Assam (tea, small): 3.50\n", prices)


class Probes(ShopTestCase):
    def test_the_stream_has_the_wanted_shape(self):
        lines = b"".join(self.client.get("/stream/?chunks=3&size=10").streaming_content)
        self.assertEqual(lines, b"chunk 0 .\nchunk 1 .\nchunk 2 .\n")

    def test_the_stream_can_break(self):
        content = self.client.get("/stream/?chunks=3&fail=1").streaming_content
        self.assertTrue(next(content).startswith(b"chunk 0"))
        with self.assertRaises(RuntimeError):
            next(content)

    def test_a_bad_parameter_is_refused(self):
        for path in ["/slow/?seconds=nan", "/cpu/?n=x", "/stream/?chunks=-1"]:
            with self.assertLogs("django.request", "WARNING"):
                self.assertEqual(self.client.get(path).status_code, 400, path)

    def test_whoami_counts_its_requests(self):
        first, second = (self.client.get("/whoami/").json() for _ in range(2))
        self.assertEqual(second["requests_in_thread"], first["requests_in_thread"] + 1)
        self.assertEqual(first["products"], 50)

    def test_boom_raises(self):
        self.client.raise_request_exception = False
        with self.assertLogs("django.request", "ERROR") as logged:
            self.assertEqual(self.client.get("/boom/").status_code, 500)
        self.assertIn("always fails", logged.output[0])


class Api(ShopTestCase):
    client_class = APIClient

    NEW = {"name": "Chai", "slug": "chai", "category": "tea", "price": "4.20"}

    def test_anyone_reads_products(self):
        self.assertEqual(self.client.get("/api/products/").json()["count"], 50)
        self.assertEqual(self.client.get("/api/products/assam-tea-small/").json()["price"], "3.50")

    def test_only_staff_makes_products(self):
        self.assertEqual(self.client.post("/api/products/", self.NEW).status_code, 401)
        self.log_in()
        self.assertEqual(self.client.post("/api/products/", self.NEW).status_code, 403)
        self.log_in("admin")
        self.assertEqual(self.client.post("/api/products/", self.NEW).status_code, 201)

    def test_an_order_is_all_or_nothing(self):
        self.log_in()
        lines = [
            {"product": "assam-tea-small", "quantity": 1},
            {"product": "assam-tea-large", "quantity": 1001},
        ]
        answer = self.client.post("/api/orders/", {"lines": lines}, format="json")
        self.assertEqual(answer.status_code, 409)
        self.assertFalse(Order.objects.exists())
        self.tea.refresh_from_db()
        self.assertEqual(self.tea.stock, 1000)

        answer = self.client.post("/api/orders/", {"lines": lines[:1]}, format="json")
        self.assertEqual(answer.status_code, 201)
        self.assertEqual(answer.json()["total"], "3.50")

    def test_an_order_is_seen_by_its_customer_only(self):
        self.log_in()
        lines = [{"product": "assam-tea-small", "quantity": 1}]
        self.client.post("/api/orders/", {"lines": lines}, format="json")
        self.log_in("admin")
        self.assertEqual(self.client.get("/api/orders/").json()["count"], 0)

    def test_an_upload_is_hashed(self):
        self.log_in()
        answer = self.client.post("/api/uploads/", {"file": SimpleUploadedFile("a", b"abc")})
        self.assertEqual(answer.json()["sha256"], hashlib.sha256(b"abc").hexdigest())
        self.assertEqual(Upload.objects.get().size, 3)


class SecretKey(TestCase):
    def test_it_is_made_once_and_private(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "key"
            first = read_or_create(path)
            self.assertEqual(read_or_create(path), first)
            self.assertEqual(path.stat().st_mode & 0o777, 0o600)
            self.assertEqual([child.name for child in Path(folder).iterdir()], ["key"])
