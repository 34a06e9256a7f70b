"""Paths of the shop."""

from django.urls import path

from . import probes, views

urlpatterns = [
    path("", views.product_list, name="product-list"),
    path("products/<slug:slug>/", views.product_detail, name="product-detail"),
    path("products/<slug:slug>/order/", views.order_product, name="order-product"),
    path("orders/", views.order_list, name="order-list"),
    path("upload/", views.upload, name="upload"),
    path("download/<int:pk>/", views.download, name="download"),
    path("price-list/", views.price_list, name="price-list"),
    path("products.csv", views.product_export, name="product-export"),
    path("slow/", probes.slow),
    path("cpu/", probes.cpu),
    path("stream/", probes.stream),
    path("whoami/", probes.whoami),
    path("boom/", probes.boom),
]
