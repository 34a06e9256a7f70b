"""All paths of the project."""

from django.conf import settings
from django.contrib import admin
from django.contrib.auth import views as auth_views
from django.urls import include, path
from django.views.static import serve

urlpatterns = [
    path("", include("shop.urls")),
    path("api/", include("shop.api.urls")),
    path("login/", auth_views.LoginView.as_view(), name="login"),
    path("logout/", auth_views.LogoutView.as_view(), name="logout"),
    path("admin/", admin.site.urls),
    # Good enough to see the pages as they are meant; the server does not serve files itself yet.
    path("static/<path:path>", serve, {"document_root": settings.STATIC_ROOT}),
]
