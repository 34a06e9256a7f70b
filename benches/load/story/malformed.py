"""The catalogue of bad input: requests with one mistake each, and the rule that each of them breaks.

A request is *strict* if no rule lets a server repair it: then only a refusal is right. For the others
the rule says what a server may do instead. VALID are unusual requests without a mistake, which have to
be answered: a server that refuses everything is no good either.

Each request names itself in `X-Case`, so that the application can tell which of them reached it.
HIDDEN stands behind those after which the connection has to end: a server that serves it as well takes
bytes for a request that another one, in front of it, may take for something else.
"""

from dataclasses import dataclass

HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: a.example\r\n\r\n"
MANY = 1024 * 1024  # bytes: more than any server keeps for a head
SIZED = "Content-Length: 3"
CODED = "Transfer-Encoding: chunked"


@dataclass(frozen=True)
class Request:
    """The bytes of one request, as a client sends them."""

    name: str
    group: str
    stream: bytes
    rule: str = ""  # which one it breaks
    strict: bool = True
    answer: bytes | None = None  # of a valid one: what the application has to read


def message(name, line="GET / HTTP/1.1", fields=(), body=b"", host="Host: a.example"):
    """A request that is right but for what the caller has put in."""
    lines = [line, f"X-Case: {name}", *([host] if host is not None else []), *fields]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def bad_line(name, line, rule, strict=True):
    return Request(name, "request line", message(name, line), rule, strict)


def bad_field(name, field, rule, strict=True):
    return Request(name, "header field", message(name, fields=[field]), rule, strict)


def bad_host(name, host, rule="RFC 9112 3.2: an invalid Host has to be refused with 400"):
    return Request(name, "host", message(name, host=host), rule)


def bad_length(name, fields, rule, strict=True, body=b"abc", line="POST / HTTP/1.1"):
    behind = HIDDEN if strict or rule == BOTH else b""
    return Request(name, "length", message(name, line, fields, body + behind), rule, strict)


def bad_chunk(name, body, rule="RFC 9112 7.1: not what the grammar of a chunk allows", strict=True):
    stream = message(name, "POST / HTTP/1.1", [CODED], body)
    return Request(name, "chunk", stream, rule, strict)


def large(name, line="GET / HTTP/1.1", fields=()):
    rule = "RFC 9110 5.4, RFC 9112 3: refused with 4xx if it is more than the server wants"
    return Request(name, "size", message(name, line, fields), rule, strict=False)


def valid(name, *, answer=b"", **words):
    return Request(name, "valid", message(name, **words), answer=answer)


WORDS = "RFC 9112 3: method, target and version, with single spaces; words may be told apart leniently"
GRAMMAR = "RFC 9112 2.2, 3: bytes that are no HTTP message are refused with 400"
TARGET = "RFC 9112 3.2: an invalid request target is refused with 400"
LINES = (
    bad_line("two spaces before the target", "GET  / HTTP/1.1", WORDS, strict=False),
    bad_line("space after the version", "GET / HTTP/1.1 ", WORDS, strict=False),
    bad_line("tab between the words", "GET\t/\tHTTP/1.1", WORDS, strict=False),
    bad_line("space in the target", "GET /a b HTTP/1.1", "RFC 9112 3.2: no whitespace in the target"),
    bad_line("control in the target", "GET /\x01 HTTP/1.1", TARGET),
    bad_line("NUL in the target", "GET /\0 HTTP/1.1", TARGET),
    bad_line("no path", "GET a.example:80 HTTP/1.1", TARGET),
    bad_line("fragment in the target", "GET /a#b HTTP/1.1", TARGET),
    bad_line("asterisk for GET", "GET * HTTP/1.1", "RFC 9112 3.2.4: the form of OPTIONS only"),
    bad_line("method that is no token", "G(T / HTTP/1.1", "RFC 9112 3.1: a method is a token"),
    bad_line("no version", "GET /", "RFC 9112 2.3: a version; HTTP/0.9 had none", strict=False),
    bad_line("version in small letters", "GET / http/1.1", "RFC 9112 2.3: the name is HTTP"),
    bad_line("version without a dot", "GET / HTTP/11", "RFC 9112 2.3: two digits and a dot"),
    bad_line("version with two digits", "GET / HTTP/1.12", "RFC 9112 2.3: one digit after the dot"),
    bad_line("another protocol", "GET / FTP/1.1", "RFC 9112 2.3: the name is HTTP"),
    bad_line(
        "version 3.0", "GET / HTTP/3.0", "RFC 9110 15.6.6: another major version, 505", strict=False
    ),
    Request("TLS to a plain port", "request line", b"\x16\x03\x01\x02\0\x01\0\x01\xfc\r\n\r\n", GRAMMAR),
)

CONTROL = "RFC 9110 5.5: NUL, CR and LF in a value: refused, or made spaces"
FOLD = "RFC 9112 5.2: refused, or the fold made spaces"
NAME = "RFC 9110 5.1: a field name is a token; RFC 9112 2.2: else 400"
FIELDS = (
    bad_field("space before the colon", "X-A : 1", "RFC 9112 5.1: has to be refused with 400"),
    bad_field("tab before the colon", "X-A\t: 1", "RFC 9112 5.1: has to be refused with 400"),
    bad_field("no colon", "X-A", "RFC 9112 5: a field line has a colon"),
    bad_field("no name", ": 1", NAME),
    bad_field("name that is no token", "X(A: 1", NAME),
    bad_field("name beyond ASCII", "X\xe9: 1", NAME),
    bad_field("name with a NUL", "X\0A: 1", NAME),
    bad_field("folded", "X-A: 1\r\n 2", FOLD, strict=False),
    bad_field("NUL in a value", "X-A: a\0b", CONTROL, strict=False),
    bad_field("bare CR in a value", "X-A: a\rb", CONTROL, strict=False),
    bad_field(
        "bare LF", "X-A: 1\nX-B: 2", "RFC 9112 2.2: may be taken for an end of line", strict=False
    ),
    bad_field("bell in a value", "X-A: a\x07b", "RFC 9110 5.5: may be kept where safe", strict=False),
    Request(
        "whitespace before the first field",
        "header field",
        b"GET / HTTP/1.1\r\n X-A: 1\r\nHost: a.example\r\n\r\n",
        "RFC 9112 2.2: refused, or such lines left out",
        strict=False,
    ),
)

ONE_HOST = "RFC 9112 3.2: one Host, no more and no less; else 400"
HOSTS = (
    bad_host("no host", None, ONE_HOST),
    bad_host("two hosts", "Host: a.example\r\nHost: b.example", ONE_HOST),
    bad_host("the same host twice", "Host: a.example\r\nHost: a.example", ONE_HOST),
    bad_host("space in the host", "Host: a b"),
    bad_host("path in the host", "Host: a.example/b"),
    bad_host("user in the host", "Host: u@a.example"),
    bad_host("list of hosts", "Host: a.example, b.example"),
    bad_host("port that is no number", "Host: a.example:b"),
    bad_host("open bracket", "Host: [::1"),
)

LENGTH = "RFC 9112 6.3: an invalid Content-Length cannot be recovered; 400 and close"
OVERFLOW = "RFC 9110 8.6, RFC 9112 7.1: no overflow: refused, or waited for"
SAME = "RFC 9110 8.6: the same length twice: refused, or taken once"
BOTH = "RFC 9112 6.1: refused, or the coding decides and the connection is closed"
FINAL = "RFC 9112 6.3: chunked is not the last coding: 400 and close"
LENGTHS = (
    bad_length("length and coding", [SIZED, CODED], BOTH, False, b"0\r\n\r\n"),
    bad_length("coding and length", [CODED, SIZED], BOTH, False, b"0\r\n\r\n"),
    bad_length("coding in HTTP/1.0", [CODED], BOTH, False, b"0\r\n\r\n", "POST / HTTP/1.0"),
    bad_length("two lengths", ["Content-Length: 3", "Content-Length: 4"], LENGTH),
    bad_length("same length twice", [SIZED, SIZED], SAME, False),
    bad_length("list of one length", ["Content-Length: 3, 3"], SAME, False),
    bad_length("list of lengths", ["Content-Length: 3, 4"], LENGTH),
    bad_length("signed length", ["Content-Length: +3"], LENGTH),
    bad_length("negative length", ["Content-Length: -3"], LENGTH),
    bad_length("hexadecimal length", ["Content-Length: 0x3"], LENGTH),
    bad_length("length with an underscore", ["Content-Length: 0_3"], LENGTH),
    bad_length("length in words", ["Content-Length: three"], LENGTH),
    bad_length("empty length", ["Content-Length:"], LENGTH),
    bad_length("length over 64 bits", ["Content-Length: 18446744073709551619"], OVERFLOW),
    bad_length("unknown coding", ["Transfer-Encoding: xchunked"], FINAL, body=b"0\r\n\r\n"),
    bad_length("another coding last", ["Transfer-Encoding: chunked, gzip"], FINAL, body=b"0\r\n\r\n"),
    bad_length("coding with a control", ["Transfer-Encoding: \x0bchunked"], FINAL, body=b"0\r\n\r\n"),
    bad_length("coding in quotes", ['Transfer-Encoding: "chunked"'], FINAL, body=b"0\r\n\r\n"),
    bad_length(
        "coding twice",
        [CODED, CODED],
        "RFC 9112 6.1: chunked once only, by the sender",
        strict=False,
        body=b"0\r\n\r\n",
    ),
    bad_length(
        "coding hidden by a space",
        ["Transfer-Encoding : chunked"],
        "RFC 9112 5.1: has to be refused with 400",
        body=b"0\r\n\r\n",
    ),
    bad_length("coding in a folded line", ["Transfer-Encoding:\r\n chunked"], FOLD, False, b"0\r\n\r\n"),
)

ENDED = "RFC 9112 7.1: CRLF ends the line; LF alone may do so in a head only (2.2)"
CHUNKS = (
    bad_chunk("size that is no number", b"x\r\nabc\r\n0\r\n\r\n"),
    bad_chunk("size with 0x", b"0x3\r\nabc\r\n0\r\n\r\n"),
    bad_chunk("size with a sign", b"+3\r\nabc\r\n0\r\n\r\n"),
    bad_chunk("negative size", b"-3\r\nabc\r\n0\r\n\r\n"),
    bad_chunk("size with an underscore", b"0_3\r\nabc\r\n0\r\n\r\n"),
    bad_chunk("space before the size", b" 3\r\nabc\r\n0\r\n\r\n"),
    bad_chunk("empty size", b"\r\nabc\r\n0\r\n\r\n"),
    bad_chunk("size over 64 bits", b"10000000000000003\r\nabc\r\n0\r\n\r\n", OVERFLOW),
    bad_chunk("LF after the size", b"3\nabc\r\n0\r\n\r\n", ENDED),
    bad_chunk("CR after the size", b"3\rabc\r\n0\r\n\r\n"),
    bad_chunk("LF in an extension", b"3;a\nabc\r\n0\r\n\r\n", ENDED),
    bad_chunk("longer than its size", b"3\r\nabcd\r\n0\r\n\r\n"),
    bad_chunk("no end of line", b"3\r\nabc0\r\n\r\n"),
    bad_chunk("other end of line", b"3\r\nabcXX0\r\n\r\n"),
    bad_chunk("trailer without a colon", b"3\r\nabc\r\n0\r\nX-A\r\n\r\n"),
    bad_chunk(
        "length in a trailer",
        b"3\r\nabc\r\n0\r\nContent-Length: 3\r\n\r\n",
        "RFC 9110 6.5.1: no framing in trailers; may be ignored",
        strict=False,
    ),
)

SIZES = (
    large("1 MiB target", f"GET /{'x' * MANY} HTTP/1.1"),
    large("1 MiB field", fields=[f"X-A: {'x' * MANY}"]),
    large("1 MiB field name", fields=[f"X-{'a' * MANY}: 1"]),
    large("10 000 fields", fields=[f"X-{number}: 1" for number in range(10_000)]),
)

MALFORMED = LINES + FIELDS + HOSTS + LENGTHS + CHUNKS + SIZES

VALID = (
    valid("plain"),
    valid("names in small letters", host="host: a.example"),
    valid("no space after the colon", host="Host:a.example"),
    valid("empty value", fields=["X-A:"]),
    valid("value beyond ASCII", fields=["X-A: caf\xe9"]),
    valid("absolute target", line="GET http://a.example/ HTTP/1.1"),
    valid("HTTP/1.0", line="GET / HTTP/1.0"),
    valid("host with a port", host="Host: a.example:8000"),
    valid("IPv6 host", host="Host: [::1]:8000"),
    valid("fifty fields", fields=[f"X-{number}: 1" for number in range(50)]),
    valid("length of nothing", line="POST / HTTP/1.1", fields=["Content-Length: 0"]),
    valid("length", line="POST / HTTP/1.1", fields=[SIZED], body=b"abc", answer=b"abc"),
    valid(
        "chunks",
        line="POST / HTTP/1.1",
        fields=[CODED],
        body=b"3\r\nabc\r\n0\r\n\r\n",
        answer=b"abc",
    ),
    valid(
        "chunk with an extension",
        line="POST / HTTP/1.1",
        fields=[CODED],
        body=b'3;a=b;c="d"\r\nabc\r\n0\r\n\r\n',
        answer=b"abc",
    ),
    valid(
        "chunks and a trailer",
        line="POST / HTTP/1.1",
        fields=[CODED],
        body=b"3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n",
        answer=b"abc",
    ),
    Request("empty line before", "valid", b"\r\n" + message("empty line before"), answer=b""),
)
