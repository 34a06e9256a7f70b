"""Placing an order: the one rule of the shop that must hold when two workers sell the last item."""

from django.db import transaction
from django.db.models import F

from .models import Order, OrderLine, Product


class OutOfStock(Exception):
    """The product does not exist in the wanted quantity; nothing was ordered."""

    def __init__(self, product: Product) -> None:
        super().__init__(f"not enough of {product.name} in stock")
        self.product = product


@transaction.atomic
def place_order(customer, wanted: dict[Product, int]) -> Order:
    """Orders all of `wanted` (product to quantity) or, with `OutOfStock`, nothing."""
    order = Order.objects.create(customer=customer)
    for product, quantity in wanted.items():
        # Test and subtraction are one statement: between two there would be room for another sale.
        in_stock = Product.objects.filter(pk=product.pk, stock__gte=quantity)
        if not in_stock.update(stock=F("stock") - quantity):
            raise OutOfStock(product)
        OrderLine.objects.create(
            order=order, product=product, quantity=quantity, unit_price=product.price
        )
    return order
