"""The model."""

import uuid

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models


class Members(BaseUserManager):
    """Makes users."""

    def create_user(self, email, password):
        member = self.model(email=email, nick=email.partition("@")[0])
        member.set_password(password)
        member.save(using=self._db)
        return member


class Member(AbstractBaseUser):
    """A user."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    email = models.EmailField(unique=True)
    nick = models.CharField(max_length=50, db_column="nick_name")

    USERNAME_FIELD = EMAIL_FIELD = "email"
    objects = Members()

    class Meta:
        app_label = "issue_accounts"
