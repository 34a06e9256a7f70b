"""The auction as a Django app."""

from django.apps import AppConfig


class AuctionConfig(AppConfig):
    name = "auction"

    def ready(self) -> None:
        from . import broadcast

        broadcast.follow_changes()
