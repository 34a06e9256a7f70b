"""The auctioneer's desk. What is saved here is on every open board at once."""

from django.contrib import admin

from .models import Bid, Lot


@admin.register(Lot)
class LotAdmin(admin.ModelAdmin):
    list_display = ["title", "starting_price", "is_open"]
    list_editable = ["is_open"]


@admin.register(Bid)
class BidAdmin(admin.ModelAdmin):
    list_display = ["lot", "bidder", "amount", "created"]
    list_select_related = ["lot", "bidder"]
