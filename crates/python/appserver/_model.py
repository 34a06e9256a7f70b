"""A Django project's model of users as a table, and what keeps a server from reading it by itself.

Only where a project does with its users what Django does by itself may somebody look at the table
without asking it. Needs a loaded project.
"""

from django.conf import settings
from django.contrib.auth import hashers as django_hashers
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models.manager import BaseManager

from appserver._django import simple_jwt

# Columns of these kinds hold an id as the text that claims have, or the number.
INTEGERS = (models.AutoField, models.BigAutoField, models.SmallAutoField, models.IntegerField)
# What an encoded password is made with; other attributes of a hasher are methods.
PARAMETERS = {
    "pbkdf2_sha256": ("PBKDF2PasswordHasher", ("iterations",)),
    "pbkdf2_sha1": ("PBKDF2SHA1PasswordHasher", ("iterations",)),
    "argon2": ("Argon2PasswordHasher", ("memory_cost", "time_cost", "parallelism")),
    "bcrypt_sha256": ("BCryptSHA256PasswordHasher", ("rounds",)),
    "bcrypt": ("BCryptPasswordHasher", ("rounds",)),
    "scrypt": ("ScryptPasswordHasher", ("work_factor", "block_size", "parallelism")),
    "md5": ("MD5PasswordHasher", ()),
}


def id_field(model):
    """Give the field that claims name users by; None where it is no field of the model."""
    name = simple_jwt()["USER_ID_FIELD"]
    if name == "pk":
        return model._meta.pk
    return next((field for field in model._meta.concrete_fields if name in (field.name, field.attname)), None)


def table(model):
    """Give the columns of the table; None where the model has none that could be a user's."""
    meta = model._meta
    key, username, password = id_field(model), _field(model, model.USERNAME_FIELD), _field(model, "password")
    if key is None or username is None or password is None:
        return None
    active, last_login = _field(model, "is_active"), _field(model, "last_login")
    return {
        "label": meta.label,
        "table": meta.db_table,
        "id": key.column,
        "key_kind": _kind(meta.pk),
        "username": username.column,
        "password": password.column,
        "active": None if active is None else active.column,
        "last_login": None if last_login is None else last_login.column,
        "columns": {field.name: field.column for field in meta.concrete_fields if field.column is not None},
    }


def obstacles(model):
    """Tell in words what the project does otherwise than Django by itself."""
    yield from _methods(model)
    yield from _fields(model)
    meta = model._meta
    if any(field.model is not meta.concrete_model for field in meta.concrete_fields):
        yield f"{meta.label} is kept in more than one table"
    if '"' in meta.db_table:
        yield f"the table of {meta.label} is named with a quotation mark"
    if simple_jwt()["UPDATE_LAST_LOGIN"] and not settings.USE_TZ and _field(model, "last_login") is not None:
        # Only the project knows which time zone the column is in.
        yield "USE_TZ is off"


def _methods(model):
    label = model._meta.label
    for name in ("check_password", "set_password", "set_unusable_password", "get_username"):
        if getattr(model, name, None) is not getattr(AbstractBaseUser, name):
            yield f"{label} has its own {name}()"
    for name in ("_default_manager", "objects"):
        manager = getattr(model, name, None)
        if manager is None:
            yield f"{label} has no manager `{name}`"
            continue
        kind = type(manager)
        if getattr(kind, "get_by_natural_key", None) is not BaseUserManager.get_by_natural_key:
            yield f"{kind.__qualname__} has its own get_by_natural_key()"
        elif kind.get_queryset is not BaseManager.get_queryset:
            yield f"{kind.__qualname__} has its own get_queryset()"


def _fields(model):
    label = model._meta.label
    for name in dict.fromkeys((model.USERNAME_FIELD, "password")):
        field = _field(model, name)
        if field is None or not _is_text(field):
            yield f"{label}.{name} is no field of plain text"
    active = _field(model, "is_active")
    if active is not None and (not isinstance(active, models.BooleanField) or _converts(active)):
        yield f"{label}.is_active is no field of true and false"
    elif active is None and getattr(model, "is_active", True) is not True:
        yield f"{label}.is_active is computed"
    key = id_field(model)
    if key is None:
        yield f"USER_ID_FIELD is no field of {label}"
    elif _kind(key) == "other":
        yield f"{label}.{key.name} is of a kind that only the project knows"


def _field(model, name):
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return None
    return field if getattr(field, "column", None) is not None else None


def _kind(field):
    if field.is_relation:
        return _kind(field.target_field) if field.many_to_one or field.one_to_one else "other"
    if _converts(field):
        return "other"
    if isinstance(field, INTEGERS):
        return "integer"
    if type(field) is models.UUIDField:
        return "uuid"
    return "text" if _is_text(field) else "other"


def _is_text(field):
    if not isinstance(field, (models.CharField, models.TextField)) or _converts(field):
        return False
    for kind in type(field).__mro__:
        if kind.__module__.startswith("django.db.models."):
            return True
        # Anything else may change what is compared, or how: citext, letters in lower case.
        if {name for name in vars(kind) if not name.startswith("__")} - {"deconstruct", "description", "formfield"}:
            return False
    return False


def _converts(field):
    """Tell whether a field's values are others in the database than in Python."""
    return hasattr(field, "from_db_value")


def hashers():
    """Give how passwords are hashed, the preferred way first; or `{"problem": …}` in words."""
    found = []
    for hasher in django_hashers.get_hashers():
        parameters = _parameters(hasher)
        if parameters is None:
            kind = type(hasher)
            return {"problem": f"PASSWORD_HASHERS has {kind.__module__}.{kind.__qualname__}"}
        found.append({"algorithm": hasher.algorithm, "parameters": parameters})
    return {"hashers": found}


def _parameters(hasher):
    name, parameters = PARAMETERS.get(hasher.algorithm, (None, ()))
    base = getattr(django_hashers, name, None) if name else None
    if base is None or not isinstance(hasher, base):
        return None
    own = {attribute for kind in type(hasher).__mro__[: type(hasher).__mro__.index(base)] for attribute in vars(kind)}
    # A subclass may set parameters; with anything else it is another way to hash.
    if not {name for name in own if not (name.startswith("__") and name.endswith("__"))} <= set(parameters):
        return None
    return {name: getattr(hasher, name) for name in parameters}
