"""Makes the user ann (password `ann-password`) and a note. Running it again changes nothing."""

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand

from notes.models import Note


class Command(BaseCommand):
    help = "Makes the user ann, with a note."

    def handle(self, *args, **options):
        users = get_user_model().objects
        if not users.filter(username="ann").exists():
            ann = users.create_user("ann", "ann@example.com", "ann-password")
            Note.objects.create(owner=ann, text="the first note")
        self.stdout.write("user ann")
