"""Makes the database and the static files that pages and scenarios use."""

import random

from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command
from shop.models import Item

ITEMS = 1000
# A style sheet, a picture, a download.
FILES = {"style.css": 10 * 1024, "picture.jpg": 100 * 1024, "download.bin": 10 * 1024 * 1024}


class Command(BaseCommand):
    """`manage.py prepare`, to be run once per SITE_DATA; a second time changes nothing."""

    help = __doc__

    def handle(self, **_options):
        if settings.DATA is None:
            raise CommandError("SITE_DATA does not name a folder")
        call_command("migrate", verbosity=0)
        if not Item.objects.exists():
            Item.objects.bulk_create(item(number) for number in range(ITEMS))
        write_files(settings.DATA / "assets")
        call_command("collectstatic", interactive=False, verbosity=0)


def item(number):
    return Item(name=f"item {number}", price=f"{number % 90 + 10}.99", in_stock=number % 7 != 0)


def write_files(folder):
    """The same bytes each time: text that compresses as style sheets do, and bytes that do not."""
    folder.mkdir(parents=True, exist_ok=True)
    source = random.Random(0)
    for name, size in FILES.items():
        if (folder / name).exists():
            continue
        if name.endswith(".css"):
            rules = (f".item-{one} {{ margin: {one % 40}px; color: #333; }}\n" for one in range(size))
            content = "".join(rules).encode()[:size]
        else:
            content = source.randbytes(size)
        (folder / name).write_bytes(content)
