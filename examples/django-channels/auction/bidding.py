"""The rules of the auction."""

from decimal import Decimal

from django.db import transaction

from .models import Bid, Lot


class Refused(Exception):
    """A bid that does not count. Its text is for the bidder."""


def describe(lot: Lot) -> dict:
    """A lot as pages and the API see it."""
    best = lot.bids.select_related("bidder").first()
    return {
        "id": lot.pk,
        "title": lot.title,
        "description": lot.description,
        "starting_price": str(lot.starting_price),
        "is_open": lot.is_open,
        "has_papers": bool(lot.papers),
        "price": str(best.amount) if best else None,
        "bidder": best.bidder.get_username() if best else None,
    }


def describe_all() -> list[dict]:
    return [describe(lot) for lot in Lot.objects.all()]


@transaction.atomic
def place_bid(user, lot_id: int, amount: Decimal) -> Bid:
    """Bids on a lot, which is locked against other bids meanwhile. Raises Refused."""
    if not user.is_authenticated:
        raise Refused("Log in to bid.")
    lot = Lot.objects.select_for_update().filter(pk=lot_id).first()
    if lot is None:
        raise Refused("There is no such lot.")
    if not lot.is_open:
        raise Refused(f"The bidding for {lot} is over.")
    best = lot.bids.first()
    if best and amount <= best.amount:
        raise Refused(f"Somebody bids {best.amount} already.")
    if amount < lot.starting_price:
        raise Refused(f"The bidding starts at {lot.starting_price}.")
    return Bid.objects.create(lot=lot, bidder=user, amount=amount)
