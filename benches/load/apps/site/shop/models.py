"""What is sold: a table for the page that asks the database."""

from django.db import models


class Item(models.Model):
    """One thing with its price."""

    name = models.CharField(max_length=80)
    price = models.DecimalField(max_digits=8, decimal_places=2)
    in_stock = models.BooleanField(default=True)
