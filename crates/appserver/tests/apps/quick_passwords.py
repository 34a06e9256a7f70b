"""The shop's settings with a password hash that costs nothing: tests log in often."""

from mysite.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
