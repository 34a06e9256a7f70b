"""Fills an empty database with something to bid for. Running it again changes nothing."""

from decimal import Decimal

from django.contrib.auth import get_user_model
from django.core.files.base import ContentFile
from django.core.management.base import BaseCommand
from django.db import transaction

from auction.models import Lot

LOTS = [
    ("A brass sextant", "Two mirrors, one of them cracked.", "120.00"),
    ("Four walnut chairs", "One is a little lower than the others.", "80.00"),
    ("A map of the harbour", "Drawn from memory.", "15.50"),
]
USERS = ["alice", "bob"]


class Command(BaseCommand):
    help = "Makes three lots and the users admin, alice and bob."

    @transaction.atomic
    def handle(self, *args, **options):
        self._users()
        for title, description, price in LOTS:
            defaults = {"description": description, "starting_price": Decimal(price)}
            lot, is_new = Lot.objects.get_or_create(title=title, defaults=defaults)
            if is_new:
                papers = f"{title}\n\n{description}\n".encode()
                lot.papers.save(f"lot-{lot.pk}.txt", ContentFile(papers))
        self.stdout.write(f"{Lot.objects.count()} lots, users admin, {', '.join(USERS)}")

    def _users(self):
        users = get_user_model().objects
        if not users.filter(username="admin").exists():
            users.create_superuser("admin", "admin@example.com", "admin-password")
        for name in USERS:
            if not users.filter(username=name).exists():
                users.create_user(name, f"{name}@example.com", f"{name}-password")
