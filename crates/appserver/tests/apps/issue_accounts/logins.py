"""Logins in ways that only the project knows, and claims that only it knows."""

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.hashers import MD5PasswordHasher
from rest_framework_simplejwt.serializers import TokenObtainPairSerializer


class Backend(ModelBackend):
    """Takes a word for the password, and fails for another."""

    def authenticate(self, request, username=None, password=None, **more):
        if password == "mellon":
            assert request.META["REMOTE_ADDR"] == "127.0.0.1"
            return self.get_user(1)
        if password == "break a backend":
            raise RuntimeError(f"cannot ask about {password}")
        return super().authenticate(request, username=username, password=password, **more)


def rule(user):
    """Lets only ann in."""
    return user is not None and user.get_username() == "ann"


def claims(user, kind):
    """Says more of a user."""
    if user.get_username() == "bob":
        raise RuntimeError("nothing is known of bob")
    return {"nick": user.get_username().upper(), "kind": kind}


class Serializer(TokenObtainPairSerializer):
    """Says something in its own way."""

    @classmethod
    def get_token(cls, user):
        token = super().get_token(user)
        token["own"] = True
        return token


class Other(MD5PasswordHasher):
    """Hashes in another way than others of its name."""

    def encode(self, password, salt):
        return super().encode(password[::-1], salt)
