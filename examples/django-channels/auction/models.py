"""What the auction stores."""

from decimal import Decimal

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models


class Lot(models.Model):
    title = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    starting_price = models.DecimalField(
        max_digits=8, decimal_places=2, validators=[MinValueValidator(Decimal("0.01"))]
    )
    is_open = models.BooleanField(default=True)
    papers = models.FileField(upload_to="papers/", blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.title


class Bid(models.Model):
    lot = models.ForeignKey(Lot, on_delete=models.CASCADE, related_name="bids")
    bidder = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="bids"
    )
    amount = models.DecimalField(max_digits=8, decimal_places=2)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-amount"]
        constraints = [
            models.UniqueConstraint(fields=["lot", "amount"], name="each_bid_is_higher"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} for {self.lot}"
