"""Signs anything at all, also what libraries would not, and makes signatures that are wrong."""

import base64
import hashlib
import hmac

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)

DIGESTS = {"256": hashes.SHA256, "384": hashes.SHA384, "512": hashes.SHA512}


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def compact(header, payload):
    """What is signed."""
    return encoded(header) + b"." + encoded(payload)


def token(provider, header, payload):
    """A token with the right signature, whatever it says."""
    signed = compact(header, payload)
    return signed + b"." + encoded(sign(provider, signed))


def hmac_token(key, header, payload):
    """The same with HMAC-SHA-256 and this key."""
    signed = compact(header, payload)
    return signed + b"." + encoded(hmac.digest(key, signed, "sha256"))


def sign(provider, message):
    algorithm, key = provider.algorithm, provider.signing_key
    if algorithm.startswith("HS"):
        return hmac.digest(key, message, f"sha{algorithm[2:]}")
    if algorithm == "EdDSA":
        return key.sign(message)
    digest = DIGESTS[algorithm[2:]]()
    if algorithm.startswith("ES"):
        size = (key.curve.key_size + 7) // 8
        return raw(*utils.decode_dss_signature(key.sign(message, ec.ECDSA(digest))), size)
    if algorithm.startswith("PS"):
        return key.sign(message, padding.PSS(padding.MGF1(digest), digest.digest_size), digest)
    return key.sign(message, padding.PKCS1v15(), digest)


def raw(r, s, size):
    return (r % 256**size).to_bytes(size, "big") + (s % 256**size).to_bytes(size, "big")


def wrong(provider, message, right, random):
    """Signatures, each with its kind. Some are right in truth, which both sides have to see alike."""
    yield "right", right
    for _ in range(6):
        place = random.randrange(8 * len(right))
        flipped = bytearray(right)
        flipped[place // 8] ^= 1 << place % 8
        yield "flipped", bytes(flipped)
    yield from (("shorter", right[:-1]), ("shorter", right[1:]), ("shorter", right[: len(right) // 2]))
    yield from (("longer", right + b"\0"), ("longer", b"\0" + right), ("longer", right + right))
    yield from (("zeros", bytes(len(right))), ("ones", b"\xff" * len(right)), ("one-byte", right[:1]))
    yield "other-message", sign(provider, message + b"a")
    if provider.algorithm.startswith("ES"):
        yield from _ecdsa(provider, right)
    if provider.algorithm.startswith("RS"):
        key = provider.signing_key
        digest = DIGESTS["384" if provider.algorithm == "RS256" else "256"]()
        yield "other-digest", key.sign(message, padding.PKCS1v15(), digest)
        yield "other-padding", key.sign(message, padding.PSS(padding.MGF1(digest), 32), digest)
    if provider.algorithm.startswith("PS"):
        digest = DIGESTS[provider.algorithm[2:]]()
        key = provider.signing_key
        yield "other-padding", key.sign(message, padding.PKCS1v15(), digest)
        for length in (0, 20, digest.digest_size - 1):
            yield "salt", key.sign(message, padding.PSS(padding.MGF1(digest), length), digest)
    if provider.algorithm == "EdDSA":
        order = 2**252 + 27742317777372353535851937790883648493
        s = int.from_bytes(right[32:], "little") + order
        if s < 2**256:
            yield "malleable", right[:32] + s.to_bytes(32, "little")


def _ecdsa(provider, right):
    size = len(right) // 2
    order = {
        "ES256": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
        "ES384": int("f" * 48 + "c7634d81f4372ddf581a0db248b0a77aecec196accc52973", 16),
        "ES512": int("1" + "f" * 64 + "a51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409", 16),
    }[provider.algorithm]
    r, s = (int.from_bytes(part, "big") for part in (right[:size], right[size:]))
    yield "der", utils.encode_dss_signature(r, s)
    for pair in ((0, 0), (0, s), (r, 0), (order, s), (r, order), (r, order - s), (r + order, s), (order, 0)):
        yield "numbers", raw(*pair, size)
    yield "other-size", raw(r, s, size + 1)


def key_texts(provider):
    """What a public key could be taken for by somebody who wants a secret."""
    if provider.secret:
        return [b"", provider.secret[:10].encode()]
    key = load_pem_public_key(provider.public.encode())
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    pem = provider.public.encode()
    texts = [pem, pem.strip(), pem.replace(b"\n", b"\r\n"), b" " + pem, der, base64.b64encode(der), b""]
    texts.append(key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH))
    return [*texts, hashlib.sha256(der).digest()]
