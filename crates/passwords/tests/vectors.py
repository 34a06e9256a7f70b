"""Stored passwords, made by Django itself.

    python vectors.py FILE      adds those of the installed Django to FILE, replacing older ones

Wants Django, argon2-cffi, and bcrypt before 5.0, which cuts passwords at 72 bytes. FILE is a JSON
list. `password` is a text and how often it is repeated; `preferred` is what Django's own hasher of
this kind makes, and `outdated` is whether that would hash the password anew.
"""

import json
import sys

import argon2.low_level
import bcrypt
import django
from django.conf import settings

KINDS = ("PBKDF2", "PBKDF2SHA1", "Argon2", "BCryptSHA256", "BCrypt", "Scrypt", "MD5")
settings.configure(
    PASSWORD_HASHERS=[f"django.contrib.auth.hashers.{kind}PasswordHasher" for kind in KINDS]
)
from django.contrib.auth import hashers  # noqa: E402

# Nothing, everyday ones, what bcrypt cuts off, and what is longest.
PASSWORDS = [
    ("", 1),
    ("secret", 1),
    ("pâss-wörd", 1),
    ("пароль🔑\u0000 $!", 1),
    ("0123456789ab", 6),
    ("0123456789ab", 7),
    ("ü", 36),
    ("ü", 2048),
    ("x", 4096),
]

# Little work, so that many can be tested.
CHEAP = {
    "pbkdf2_sha256": {"iterations": 1000},
    "pbkdf2_sha1": {"iterations": 999},
    "argon2": {"memory_cost": 64, "time_cost": 1, "parallelism": 2},
    "bcrypt_sha256": {"rounds": 4},
    "bcrypt": {"rounds": 5},
    "scrypt": {"work_factor": 16, "block_size": 4, "parallelism": 2},
    "md5": {},
}

# Our names of the parameters, for Django's.
PARAMETERS = {
    "pbkdf2_sha256": ("Pbkdf2Sha256", {"iterations": "iterations"}),
    "pbkdf2_sha1": ("Pbkdf2Sha1", {"iterations": "iterations"}),
    "argon2": (
        "Argon2",
        {"memory": "memory_cost", "time": "time_cost", "parallelism": "parallelism"},
    ),
    "bcrypt_sha256": ("BcryptSha256", {"cost": "rounds"}),
    "bcrypt": ("Bcrypt", {"cost": "rounds"}),
    "scrypt": (
        "Scrypt",
        {"work": "work_factor", "block_size": "block_size", "parallelism": "parallelism"},
    ),
    "md5": ("Md5", {}),
}


def preferred(hasher):
    name, parameters = PARAMETERS[hasher.algorithm]
    if not parameters:
        return name
    return {name: {ours: getattr(hasher, theirs) for ours, theirs in parameters.items()}}


def vector(password, encoded):
    text, times = password
    hasher = hashers.identify_hasher(encoded)
    assert hashers.check_password(text * times, encoded), encoded
    return {
        "django": django.get_version(),
        "password": [text, times],
        "encoded": encoded,
        "preferred": preferred(hasher),
        "outdated": hasher.must_update(encoded),
    }


def usual():
    for algorithm, parameters in CHEAP.items():
        hasher = hashers.get_hasher(algorithm)
        yield vector(("pâss-wörd", 1), hashers.make_password("pâss-wörd", hasher=hasher))
        cheap = type("Cheap", (type(hasher),), parameters)()
        for text, times in PASSWORDS:
            if algorithm == "bcrypt" and "\0" in text:
                continue  # What its library does with this has changed over time.
            yield vector((text, times), cheap.encode(text * times, cheap.salt()))


def old():
    """What is still found in tables: other salts, other kinds of Argon2, other names of bcrypt."""
    secret = ("secret", 1)
    for algorithm in ("pbkdf2_sha256", "pbkdf2_sha1"):
        hasher = hashers.get_hasher(algorithm)
        yield vector(secret, hasher.encode("secret", "seasalt12345", 1000))
        yield vector(secret, hasher.encode("secret", "sält-seasalt-123456789", 1000))
    yield vector(secret, hashers.get_hasher("md5").encode("secret", "a"))
    yield vector(secret, hashers.get_hasher("scrypt").encode("secret", "seasalt", 16, 8, 1))
    for version in ("2a", "2b", "2x", "2y"):
        salt = f"${version}$04$abcdefghijklmnopqrstuu"
        yield vector(secret, "bcrypt$" + bcrypt.hashpw(b"secret", salt.encode()).decode())
    for kind in argon2.low_level.Type:
        for version in (16, 19):
            for length in (16, 32):
                data = argon2.low_level.hash_secret(
                    b"secret", b"somesalt", 2, 96, 3, length, kind, version
                )
                yield vector(secret, "argon2" + data.decode())
                if version == 16:
                    yield vector(secret, "argon2" + data.decode().replace("$v=16", ""))


def release(vector):
    return [int(part) for part in vector["django"].split(".")[:2]]


def main(path):
    try:
        with open(path, encoding="utf-8") as file:
            vectors = json.load(file)
    except FileNotFoundError:
        vectors = []
    vectors = [vector for vector in vectors if release(vector) != list(django.VERSION[:2])]
    vectors += [*usual(), *old()]
    vectors.sort(key=release)
    lines = ",\n".join(json.dumps(vector, ensure_ascii=False) for vector in vectors)
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"[\n{lines}\n]\n")


main(sys.argv[1])
