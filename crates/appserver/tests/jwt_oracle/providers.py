"""Whom the tokens are from: keys, and the same rules in the words of both sides."""

import base64
import functools
import json
import secrets
from dataclasses import asdict, dataclass, field

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

CURVES = {"ES256": ec.SECP256R1, "ES384": ec.SECP384R1, "ES512": ec.SECP521R1}
ALGORITHMS = tuple(f"{kind}{size}" for kind in ("HS", "RS", "PS", "ES") for size in (256, 384, 512))
ISSUER = "https://issuer.example"
AUDIENCES = ["ours", "https://api.example"]


@dataclass(frozen=True)
class Provider:
    """One issuer and what is asked of its tokens."""

    name: str
    algorithm: str
    secret: str = ""
    private: str = ""  # PEM
    public: str = ""  # PEM
    issuer: str = ""
    audiences: list = field(default_factory=list)
    leeway: int = 0
    require: list = field(default_factory=lambda: ["exp"])
    simplejwt: bool = False  # theirs is simplejwt's AccessToken, not PyJWT alone

    @property
    def algorithms(self):
        """RFC 9864 has a second name for EdDSA."""
        return ["EdDSA", "Ed25519"] if self.algorithm == "EdDSA" else [self.algorithm]

    @functools.cached_property
    def signing_key(self):
        if self.secret:
            return self.secret.encode()
        return load_pem_private_key(self.private.encode(), None)


def make():
    """All of them, by name, with new keys. A key of RSA serves all its algorithms."""
    key = rsa.generate_private_key(65537, 2048)
    made = [pair(name.lower(), name, key) for name in ALGORITHMS if name[:2] in ("RS", "PS")]
    made += [pair(name.lower(), name, ec.generate_private_key(CURVES[name]())) for name in CURVES]
    made.append(pair("eddsa", "EdDSA", ed25519.Ed25519PrivateKey.generate()))
    made += [hmac(name.lower(), name) for name in ALGORITHMS if name.startswith("HS")]
    every = ["exp", "iat", "nbf", "jti", "sub", "tenant"]
    made += [
        hmac("audience", audiences=AUDIENCES),
        hmac("issuer", issuer=ISSUER),
        hmac("leeway", leeway=60),
        hmac("everything", require=every),
        hmac("nothing", require=[]),
        hmac("simplejwt", require=["exp", "jti"], simplejwt=True),
    ]
    return {provider.name: provider for provider in made}


def hmac(name, algorithm="HS256", **more):
    return Provider(name, algorithm, secret=base64.b64encode(secrets.token_bytes(64)).decode(), **more)


def pair(name, algorithm, key):
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return Provider(name, algorithm, private=private.decode(), public=public.decode())


def save(made, folder):
    for provider in made.values():
        text = provider.secret or provider.public
        (folder / f"{provider.name}.key").write_text(text)
    everything = [asdict(provider) for provider in made.values()]
    (folder / "providers.json").write_text(json.dumps(everything))


def load(folder):
    everything = json.loads((folder / "providers.json").read_text())
    return {one["name"]: Provider(**one) for one in everything}
