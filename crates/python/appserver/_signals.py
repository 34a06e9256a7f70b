"""Changes of a Django project's users that end their tokens.

A changed password, a user who may no longer log in, and a deleted one: when the transaction is over,
everything that was given out to the user ends. `QuerySet.update()`, `bulk_update()` and the database
itself send no signals. A failure is logged, and the request goes on.
"""

import logging
from functools import lru_cache

from appserver import tokens

logger = logging.getLogger("appserver")

# What is remembered of an object between the two signals of its being saved.
MARK = "_appserver_ends_tokens"
UID = "appserver.tokens"

_hears = False


def connect():
    """Hear of changes. Needs the project's models."""
    global _hears
    if _hears:
        return
    _hears = True
    from django.db.models.signals import post_delete, post_save, pre_save

    for model in _models():
        # By model: a receiver for all of them would slow every deletion of the project down.
        pre_save.connect(_saving, sender=model, dispatch_uid=UID)
        post_save.connect(_saved, sender=model, dispatch_uid=UID)
        post_delete.connect(_deleted, sender=model, dispatch_uid=UID)


def _models():
    """Give the model of users, and those that are made of it."""
    from django.apps import apps
    from django.contrib.auth import get_user_model

    user = get_user_model()._meta.concrete_model
    return [model for model in apps.get_models() if issubclass(model, user)]


def _saving(instance, using=None, update_fields=None, **_more):
    """Look at what is stored before it is written over."""
    instance.__dict__.pop(MARK, None)
    watched = [name for name in ("password", "is_active") if _is_stored(instance, name)]
    if update_fields is not None:
        watched = [name for name in watched if name in update_fields]
    meta = instance._meta
    if not watched or instance.pk is None or (instance._state.adding and meta.pk.has_default()):
        return
    try:
        from django.contrib.auth import get_user_model

        rows = get_user_model()._base_manager.using(using).filter(pk=instance.pk)
        before = rows.values(*watched).first()
    except Exception:
        logger.exception("cannot tell whether a user's tokens are to end; they stay as they are")
        return
    if before is not None and _ends(instance, before, update_fields):
        setattr(instance, MARK, True)


def _is_stored(instance, name):
    return any(field.name == name for field in instance._meta.concrete_fields)


def _ends(instance, before, update_fields):
    if before.get("is_active") and not instance.is_active:
        return True
    if "password" not in before or instance.password == before["password"]:
        return False
    return not _is_upgrade(instance, before["password"], update_fields)


def _is_upgrade(instance, old, update_fields):
    """Tell whether this is the same password, hashed anew at a login.

    Django then says that it is no change: check_password() sets the raw password of the object to none,
    and saves nothing else. Only an outdated hash is upgraded, to one that lets somebody in.
    """
    # The class has a `_password` as well, which says nothing.
    if instance.__dict__.get("_password", "") is not None or set(update_fields or ()) != {"password"}:
        return False
    from django.contrib.auth.hashers import get_hasher, identify_hasher, is_password_usable

    if not is_password_usable(instance.password):
        return False
    preferred = get_hasher("default")
    try:
        hasher = identify_hasher(old)
    except ValueError:
        return False
    return hasher.algorithm != preferred.algorithm or preferred.must_update(old)


def _saved(instance, using=None, **_more):
    if instance.__dict__.pop(MARK, False):
        _end_later(instance, using)


def _deleted(instance, using=None, **_more):
    _end_later(instance, using)


def _end_later(instance, using):
    from django.db import transaction

    name = str(tokens.user_id(instance))
    transaction.on_commit(lambda: _end(name), using=using)


def _end(name):
    try:
        if not tokens.end("user", name):
            _warn_once()
    except Exception:
        logger.exception(
            "the tokens of user %s were to end and have not: run `appserver token revoke --user`", name
        )


@lru_cache(maxsize=1)
def _warn_once():
    logger.warning(
        "the tokens of users who change do not end here: no settings in %s have appserver give tokens out",
        tokens.directory(),
    )
