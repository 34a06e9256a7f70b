"""The paths of pages."""

from django.urls import path

from . import views

urlpatterns = [
    path("", views.board, name="board"),
    path("api/lots/<int:pk>/bids/", views.lot_bids, name="lot-bids"),
    path("bids.csv", views.export, name="export"),
    path("lots/<int:pk>/papers/", views.papers, name="papers"),
    path("where/sync/", views.where_sync),
    path("where/async/", views.where_async),
]
