"""Keeping an uploaded file: shared by the page and the API."""

import hashlib

from django.core.files.uploadedfile import UploadedFile

from .models import Upload


def keep(owner, file: UploadedFile) -> Upload:
    """Stores `file` under MEDIA_ROOT and returns its record."""
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    return Upload.objects.create(
        owner=owner, file=file, name=file.name, size=file.size, sha256=digest.hexdigest()
    )
