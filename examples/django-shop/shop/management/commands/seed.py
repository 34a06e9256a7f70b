"""Fills an empty database with something to look at. Running it again changes nothing."""

from decimal import Decimal

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils.text import slugify

from shop.models import Category, Product
from shop.views import PRICE_LIST

KINDS = {
    "Tea": ["Assam", "Darjeeling", "Oolong", "Sencha", "Rooibos"],
    "Coffee": ["Arabica", "Robusta", "Mocha", "Espresso", "Decaf"],
    "Spice": ["Cumin", "Saffron", "Paprika", "Cardamom", "Sumac"],
    "Crockery": ["Cup", "Bowl", "Plate", "Jug", "Pot"],
    "Books": ["Brewing", "Baking", "Foraging", "Fermenting", "Grilling"],
}
SIZES = {"small": Decimal("3.50"), "large": Decimal("8.95")}


class Command(BaseCommand):
    help = "Makes categories, 50 products, the users admin and alice, and the price list."

    @transaction.atomic
    def handle(self, *args, **options):
        self._users()
        for position, (category, names) in enumerate(KINDS.items()):
            self._products(category, names, position)
        self._price_list()
        self.stdout.write(f"{Product.objects.count()} products, users admin and alice")

    def _users(self):
        users = get_user_model().objects
        if not users.filter(username="admin").exists():
            users.create_superuser("admin", "admin@example.com", "admin-password")
        if not users.filter(username="alice").exists():
            users.create_user("alice", "alice@example.com", "alice-password")

    def _products(self, category, names, position):
        record, _ = Category.objects.get_or_create(
            slug=slugify(category), defaults={"name": category}
        )
        for name in names:
            for size, price in SIZES.items():
                full = f"{name} ({category.lower()}, {size})"
                defaults = {
                    "name": full,
                    "category": record,
                    "description": f"{name}, the {size} one.",
                    "price": price + position,
                    "stock": 1000,
                }
                Product.objects.get_or_create(slug=slugify(full), defaults=defaults)

    def _price_list(self):
        settings.MEDIA_ROOT.mkdir(parents=True, exist_ok=True)
        lines = [f"{product.name}: {product.price}\n" for product in Product.objects.all()]
        (settings.MEDIA_ROOT / PRICE_LIST).write_text("".join(lines), encoding="utf-8")
