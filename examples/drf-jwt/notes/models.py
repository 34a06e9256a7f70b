"""What the project keeps."""

from django.conf import settings
from django.db import models


class Note(models.Model):
    """A line that belongs to somebody."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    text = models.CharField(max_length=200)
