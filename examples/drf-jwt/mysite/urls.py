"""All paths of the project."""

from django.urls import path
from rest_framework_simplejwt.views import TokenObtainPairView, TokenRefreshView, TokenVerifyView

from notes import views

urlpatterns = [
    path("", views.page),
    path("page/<path:name>", views.page),
    # The server answers these itself. They are here for `manage.py runserver`, and other servers.
    path("api/token/", TokenObtainPairView.as_view()),
    path("api/token/refresh/", TokenRefreshView.as_view()),
    path("api/token/verify/", TokenVerifyView.as_view()),
    path("api/notes/", views.Notes.as_view()),
    path("api/me/", views.Me.as_view()),
    path("api/token-user/", views.TokenUser.as_view()),
    path("about/", views.about),
]
