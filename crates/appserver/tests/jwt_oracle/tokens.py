"""Tokens of all kinds, from a fixed seed: good ones, and good ones with one thing changed.

Signatures are right unless they are what is changed, so that everything behind them is reached. Times
keep a good distance from now: both sides have clocks of their own.
"""

import json
import random
import re
import string
import time
from dataclasses import dataclass

import signing
from signing import compact, encoded

SEED = 20260101
# Farther from now than any run is long, in seconds.
MARGIN = 1000
# Spellings of JSON values of each kind; @N is N seconds from now.
VALUES = """null true false 0 1 -1 -0 1.5 -1.5 1e2 1E+2 "" "x" " " "1" "ours" [] [1] [[]] {} {"a":1}
@-1000 @1000 @-1000.5 @1000.5 "@-1000" "@1000" 9007199254740993 9223372036854775808
18446744073709551616 -9223372036854775809 1e15 1e300 1e308 1e400 -1e400 NaN Infinity -Infinity
253402300799 253402300800 8640000000000 "\\u0000" "\\ud83d\\ude00" "\\ud83d" [null] ["ours"] ["x","ours"]
["ours",5] "OURS" ["https://api.example"] "https://issuer.example" "https://issuer.example/"
"https://issuer.example.evil" "HTTPS://ISSUER.EXAMPLE" ["https://issuer.example"] "access" "refresh"
"Access" ["access"] 00 01 .5 5. +1 0x10 1_000 'x' tru nul""".split()
CLAIMS = "exp nbf iat iss sub aud jti token_type user_id tenant".split()
HEADERS = "alg typ kid cty crit b64 zip enc jku jwk x5u x5c p2c epk x".split()
HEADER_VALUES = """null true false 0 1 "" "x" [] {} ["exp"] ["b64"] ["x"] [1] ["b64","b64"] "JWT" "jwt" "Jwt"
"at+jwt" "application/jwt" "application/at+jwt" "application/" "application/x/jwt" "none" "None" "HS256"
"hs256" "HS512" "RS256" "PS256" "ES256" "EdDSA" "Ed25519" "ES256K" "\\u0048S256" "HS256 " "json" "DEF"
"../../../../dev/null" "' OR 1=1--" "http://127.0.0.1:1/" "\\u0000" "\\n" "a\\u0085" "\\ud800"
{"kty":"oct","k":"AA"} {"a":{"a":{"a":{"a":1}}}} 1e400 NaN""".split()


@dataclass(frozen=True)
class Case:
    """A token, and what it is shown to."""

    provider: str
    kind: str
    token: bytes


class Maker:
    """Makes the tokens of one provider."""

    def __init__(self, provider, others):
        self.provider, self.others = provider, others
        self.random = random.Random(f"{SEED} {provider.name}")
        self.now = int(time.time())
        self.cases = []

    def add(self, kind, token):
        # Spaces around a field's value belong to the field.
        token = token.strip(b" \t")
        if token and not set(token) & set(b"\r\n\0"):
            self.cases.append(Case(self.provider.name, kind, token))

    def signed(self, kind, header=None, payload=None):
        header = self.header() if header is None else header
        payload = self.payload() if payload is None else payload
        self.add(kind, signing.token(self.provider, header, payload))

    def header(self, **changed):
        return members({"alg": json.dumps(self.provider.algorithm), "typ": '"JWT"', **changed})

    def claims(self):
        """As JSON texts, so that they can be spelled as nobody would."""
        provider = self.provider
        claims = {"token_type": '"access"', "exp": "@100000", "iat": "@-1000", "jti": '"8f7b3f0c2a31"'}
        claims["user_id"] = self.random.choice(['"7"', "7", '"x y"'])
        if "nbf" in provider.require:
            claims |= {"nbf": "@-1000", "sub": '"somebody"', "tenant": '"t"'}
        if provider.issuer:
            claims["iss"] = json.dumps(provider.issuer)
        if provider.audiences:
            claims["aud"] = json.dumps(self.random.choice([provider.audiences, provider.audiences[0]]))
        return claims

    def payload(self, without=(), **changed):
        claims = {name: text for name, text in self.claims().items() if name not in without}
        return members({name: self.timed(text) for name, text in (claims | changed).items()})

    def timed(self, text):
        """Puts a time in place of @N."""
        return re.sub(r"@(-?\d+)(\.\d+)?", lambda at: f"{self.now + int(at[1])}{at[2] or ''}", text)

    def good(self, count):
        for number in range(count):
            more = {f"c{n}": random_json(self.random, 3) for n in range(self.random.randrange(4))}
            self.signed(f"good:{number}", payload=self.payload(**more))

    def all_claims(self):
        for name in CLAIMS:
            self.signed(f"claim-missing:{name}", payload=self.payload(without=[name]))
            for value in VALUES:
                self.signed(f"claim:{name}={value}", payload=self.payload(**{name: value}))
        for distance in (-90 - MARGIN, -MARGIN, MARGIN, 3600, 86400 * 3650):
            for name in ("exp", "nbf", "iat"):
                for text in (f"@{distance}", f"@{distance}.25", f"@{distance}e0"):
                    self.signed(f"time:{name}{text}", payload=self.payload(**{name: text}))
        for name in CLAIMS[3:]:
            for length in (255, 256, 300, 5900, 8000):
                text = json.dumps("a" * length)
                self.signed(f"long:{name}", payload=self.payload(**{name: text}))

    def leeway(self):
        """Within what clocks may differ, and beyond."""
        for name, signs in (("exp", (-1,)), ("nbf", (1,)), ("iat", (1,))):
            for distance in (1, 30, MARGIN):
                for sign in signs:
                    text = f"@{sign * distance}" if distance != 1 else "@0"
                    if name == "exp" and distance == 1:
                        text = "@-20"
                    if distance == 30 and sign == 1:
                        text = "@20"
                    self.signed(f"leeway:{name}{text}", payload=self.payload(**{name: text}))

    def all_headers(self):
        algorithm = self.provider.algorithm
        for name in HEADERS:
            for value in HEADER_VALUES:
                self.signed(f"header:{name}={value}", header=self.header(**{name: value}))
        self.signed("header:no-typ", header=members({"alg": json.dumps(algorithm)}))
        self.signed("header:no-alg", header=b'{"typ":"JWT"}')
        self.signed("header:detached", header=self.header(b64="false", crit='["b64"]'), payload=b"")
        for crit in ('["b64"]', '["exp"]'):
            for b64 in ("true", "false"):
                self.signed("header:b64", header=self.header(b64=b64, crit=crit))
        for text in (b"[]", b'"x"', b"5", b"{}", b"", b"{", b'{"alg":"none"}', b"null", b"\xff"):
            self.signed("header:no-object", header=text)
        for length in (1, 255, 256, 257, 1000):
            self.signed("header:kid", header=self.header(kid=json.dumps("k" * length)))
        for text in spellings(self.header()):
            self.signed("header:spelling", header=text)

    def payloads(self):
        for text in spellings(self.payload()):
            self.signed("payload:spelling", payload=text)
        for text in (b"[]", b'"x"', b"5", b"", b"null", b"foo", b"{}", b"{}{}", b"[{}]", b"\xff\xfe"):
            self.signed("payload:no-object", payload=text)
        for depth in (3, 4, 14, 15, 16, 17, 60, 120, 200, 700):
            for inner in ("[" * depth + "]" * depth, '{"a":' * depth + "1" + "}" * depth):
                self.signed("payload:depth", payload=self.payload(deep=inner))
                self.signed("header:depth", header=self.header(deep=inner))

    def encodings(self):
        for part in range(3):
            for change in (lambda text: text + b"=", lambda text: text + b"==", lambda text: text + b"==="):
                self.reencoded("padding", part, change)
            padded = lambda text: text + b"=" * (-len(text) % 4)  # noqa: E731
            self.reencoded("padding", part, padded)
            self.reencoded("alphabet", part, lambda text: text.replace(b"-", b"+").replace(b"_", b"/"))
            self.reencoded("unused-bits", part, unused_bits)
            for junk in (b"?", b"!", b"+", b"/", b"\xc3\xa9", b"A", b"AA", b"%3D", b"*", b"\x7f"):
                for place in (0, 5, None):
                    self.reencoded("junk", part, lambda text: text[:place] + junk + text[len(text[:place]) :])
            self.reencoded("empty", part, lambda _: b"")
            self.reencoded("shorter", part, lambda text: text[:-1])

    def reencoded(self, kind, part, change):
        """A part changed, and signed as it is then, unless it is the signature."""
        parts = [encoded(self.header()), encoded(self.payload()), None]
        if part < 2:
            parts[part] = change(parts[part])
            parts[2] = encoded(signing.sign(self.provider, b".".join(parts[:2])))
        else:
            parts[2] = change(encoded(signing.sign(self.provider, b".".join(parts[:2]))))
        self.add(f"encoding:{kind}", b".".join(parts))

    def signatures(self):
        signed = compact(self.header(), self.payload())
        right = signing.sign(self.provider, signed)
        for kind, wrong in signing.wrong(self.provider, signed, right, self.random):
            self.add(f"signature:{kind}", signed + b"." + encoded(wrong))
        for other in self.others:
            for header in (self.header(), self.header(alg=json.dumps(other.algorithm))):
                self.add("signature:other", signing.token(other, header, self.payload()))
        for key in signing.key_texts(self.provider):
            header = self.header(alg='"HS256"')
            self.add("signature:confused", signing.hmac_token(key, header, self.payload()))

    def segments(self):
        token = signing.token(self.provider, self.header(), self.payload())
        header, payload, signature = token.split(b".")
        unsigned = encoded(b'{"alg":"none","typ":"JWT"}')
        for parts in (
            [header],
            [header, payload],
            [header, payload, b""],
            [b"", payload, signature],
            [b"", header, payload, signature],
            [header, payload, signature, b""],
            [header, payload, signature, signature],
            [header, payload, payload, payload, signature],
            [header, payload, payload, payload, signature, b"a"],
            [unsigned, payload, b""],
            [unsigned, payload, signature],
            [header, b"", payload, signature],
            [b"", b"", b""],
        ):
            self.add("segments", b".".join(parts))
        flat = {"protected": header.decode(), "payload": payload.decode(), "signature": signature.decode()}
        self.add("segments:json", json.dumps(flat).encode())
        self.add("segments:json", json.dumps(flat, separators=(",", ":")).encode())

    def noise(self, count):
        """One to three bytes of a good token changed, removed or put in."""
        for _ in range(count):
            token = bytearray(signing.token(self.provider, self.header(), self.payload()))
            for _ in range(self.random.randint(1, 3)):
                place = self.random.randrange(len(token))
                new = self.random.choice((string.ascii_letters + string.digits + "-_.=").encode())
                match self.random.randrange(3):
                    case 0:
                        token[place] = new
                    case 1:
                        del token[place]
                    case _:
                        token.insert(place, new)
            self.add("noise", bytes(token))

    def chance(self, count):
        """Headers and claims put together by chance, rightly signed."""
        for _ in range(count):
            pick = self.random
            changed = {pick.choice(CLAIMS): pick.choice(VALUES) for _ in range(pick.randrange(3))}
            without = pick.sample(CLAIMS, pick.choice((0, 0, 1, 2)))
            changed |= {f"c{n}": random_json(pick, 4) for n in range(pick.randrange(3))}
            header = {"kid": '"1"'} if pick.random() < 0.3 else {}
            if pick.random() < 0.2:
                header[pick.choice(HEADERS[1:])] = pick.choice(HEADER_VALUES)
            payload = self.payload(without, **changed)
            self.signed("chance", header=self.header(**header), payload=payload)


def make(providers):
    """All tokens. The kinds that are about the claims are made once, those about keys for each."""
    cases = []
    for provider in providers.values():
        others = [other for other in providers.values() if other.name != provider.name][:12]
        maker = Maker(provider, others)
        is_plain = provider.name in ("hs256", "eddsa")
        maker.good(20)
        maker.signatures()
        maker.segments()
        if provider.secret and provider.algorithm == "HS256":
            maker.all_claims()
            maker.leeway()
            maker.chance(150)
        if is_plain:
            maker.all_headers()
            maker.payloads()
            maker.encodings()
        maker.noise(20)
        cases += maker.cases
    return cases


def members(texts):
    inner = ",".join(f"{json.dumps(name)}:{text}" for name, text in texts.items())
    return f"{{{inner}}}".encode("utf-8", "surrogatepass")


def spellings(text):
    """The same object as nobody would write it, and a few that are not the same any more."""
    inner = text[1:-1]
    first, _, rest = inner.partition(b",")
    yield from (b" " + text, text + b"\n", b"\t{\r\n " + inner + b" }", text.replace(b":", b" : "))
    yield from (b"{" + first + b"," + inner + b"}", b"{" + inner + b"," + first + b"}")
    name, _, value = first.partition(b":")
    escaped = b'"' + b"".join(b"\\u%04x" % one for one in name[1:-1]) + b'"'
    yield from (b"{" + escaped + b":" + value + b"," + rest + b"}", b"{" + escaped + b":1," + inner + b"}")
    yield from (b"\xef\xbb\xbf" + text, text.decode().encode("utf-16"), text.decode().encode("utf-16-le"))
    yield from (text.decode().encode("utf-32-be"), text + b"\0", text + b"x", text + b"{}", text + b",")
    yield from (text[:-1], text[:-1] + b",}", text.replace(b'"', b"'"), b"/**/" + text, text + b"//")
    for more in (
        b'"a":"\xff"',
        b'"a":"\xc0\xaf"',
        b'"a":"\xed\xa0\x80"',
        b'"a":"\\ud800"',
        b'"a":"\\udc00\\ud800"',
        b'"a":"\x01"',
        b'"a":"\x7f"',
        b'"a\\u0000":1',
        b'"a\\u007f":1',
        b'"a\\u0085":1',
        b'"":1',
        b'"a":"\\x41"',
        b'"a":"\\/"',
        b'"a":"\\u12"',
        b'"a":{"b":1,"b":2}',
        b'"a":[{"b":{"c":1,"c":1}}]',
        b'"a":1e999',
        b'"a":' + b"9" * 400,
        b'"a":-0.0',
        b'"a":1E5',
        b'"a":"' + "é\u2028\U0001f600\ufeff".encode() + b'"',
        b'"__proto__":{"a":1}',
        b"a:1",
    ):
        yield text[:-1] + b"," + more + b"}"


def unused_bits(text):
    """The last character changed where that changes no byte."""
    alphabet = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
    if len(text) % 4 not in (2, 3):
        return text + b"A"
    return text[:-1] + alphabet[alphabet.index(chr(text[-1])) ^ 1].encode()


def random_json(pick, depth):
    match pick.randrange(8 if depth else 6):
        case 0:
            return pick.choice(["null", "true", "false"])
        case 1:
            return str(pick.randint(-(2**70), 2**70) if pick.random() < 0.3 else pick.randint(-9, 99))
        case 2:
            return repr(pick.uniform(-1e6, 1e6))
        case 3:
            return f"{pick.randint(1, 9)}e{pick.randint(-400, 320)}"
        case 4 | 5:
            letters = pick.choices(string.printable[:95] + "é\u0416\u4e2d\U0001f600", k=pick.randrange(9))
            return json.dumps("".join(letters), ensure_ascii=pick.random() < 0.5)
        case 6:
            return "[" + ",".join(random_json(pick, depth - 1) for _ in range(pick.randrange(4))) + "]"
        case _:
            names = [f'"{pick.choice("abcdef")}{n}"' for n in range(pick.randrange(4))]
            return "{" + ",".join(f"{name}:{random_json(pick, depth - 1)}" for name in names) + "}"
