"""A Django REST framework project in one file: one view that says who asks.

`BENCH_AUTHENTICATION` is the class that finds it out, `BENCH_DATABASE` an SQLite database,
`BENCH_SECRET` what tokens are signed with. Run as a program, it makes the database, with one user.
"""

import os
import sys

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.urls import path

settings.configure(
    SECRET_KEY=os.environ["BENCH_SECRET"],
    DEBUG=False,
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF="drf",
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "rest_framework"],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.middleware.common.CommonMiddleware",
    ],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.environ["BENCH_DATABASE"],
            "CONN_MAX_AGE": 600,
        }
    },
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    REST_FRAMEWORK={
        "DEFAULT_AUTHENTICATION_CLASSES": [os.environ.get("BENCH_AUTHENTICATION", "")],
        "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    },
    APPSERVER_USER=os.environ.get("BENCH_USER", "db"),
    USE_TZ=True,
)
application = get_wsgi_application()

if __name__ == "__main__":
    from django.contrib.auth import get_user_model
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    get_user_model().objects.create_user("ann", id=1)
    sys.exit()

from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402


class Me(APIView):
    """The user's id, whatever kind of user it is."""

    def get(self, request):
        return Response({"id": int(request.user.id)})


urlpatterns = [path("", Me.as_view())]
