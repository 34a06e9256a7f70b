"""The Django app that ends tokens wherever the project runs."""

from django.apps import AppConfig


class AppserverConfig(AppConfig):
    """Hears of users that change."""

    name = "appserver.django"
    # "django" would be a bold name among a project's apps.
    label = "appserver"
    verbose_name = "appserver"

    def ready(self):
        from appserver import _signals

        _signals.connect()
