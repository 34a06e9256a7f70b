"""Where the pages are."""

from django.urls import path
from shop import views

urlpatterns = [
    path("", views.fast),
    path("fast", views.fast),
    path("slow", views.slow),
    path("cpu", views.cpu),
    path("big", views.big),
    path("upload", views.upload),
    path("items", views.items),
    path("version", views.version),
    path("crash", views.crash),
    path("hang", views.hang),
]
