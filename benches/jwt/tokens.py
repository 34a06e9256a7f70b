"""Makes the keys and the tokens of the benchmark: one of each kind, many, and rejected ones.

    tokens.py FOLDER [KIND…]

Writes `KIND.key`, and for each kind `KIND-one`, `KIND-many` and `KIND-wrong`: a token on each line. All
kinds, unless some are named. Run it with the interpreter of the benchmark's virtualenv.
"""

import base64
import secrets
import sys
import time
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

# Enough that no cache of a few entries ever has the next one.
MANY = 5000


def keys():
    """The algorithm, the key that signs, and the text of the key that verifies."""
    secret = base64.b64encode(secrets.token_bytes(48)).decode()
    yield "HS256", secret, secret
    for algorithm, key in (
        ("RS256", rsa.generate_private_key(65537, 2048)),
        ("ES256", ec.generate_private_key(ec.SECP256R1())),
        ("EdDSA", ed25519.Ed25519PrivateKey.generate()),
    ):
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        yield algorithm, key, public.decode()


def token(algorithm, key, now):
    """As simplejwt makes one, for longer than a benchmark takes."""
    claims = {"token_type": "access", "exp": now + 7 * 86400, "iat": now - 60}
    return jwt.encode(claims | {"jti": secrets.token_hex(16), "user_id": "1"}, key, algorithm)


def with_another_signature(good, other):
    """The signature of another token: of the right length, and wrong."""
    return ".".join([*good.split(".")[:2], other.split(".")[2]])


def main(folder, wanted=()):
    now = int(time.time())
    for algorithm, key, text in keys():
        kind = algorithm.lower()
        if wanted and kind not in wanted:
            continue
        made = [token(algorithm, key, now) for _ in range(MANY)]
        wrong = [with_another_signature(*pair) for pair in zip(made[:100], made[1:])]
        for name, tokens in (("one", made[:1]), ("many", made), ("wrong", wrong)):
            (folder / f"{kind}-{name}").write_text("\n".join(tokens) + "\n")
        (folder / f"{kind}.key").write_text(text)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
