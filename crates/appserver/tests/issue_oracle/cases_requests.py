"""What is no request to an endpoint: methods, media types, bodies."""

ENDPOINTS = ("obtain", "refresh", "verify", "blacklist", "sliding", "sliding_refresh")
JSON = "application/json"


def request_methods(t):
    for endpoint in ENDPOINTS:
        for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE", "TRACE", "PURGE"):
            t.method(method, endpoint)


def request_options(t):
    for endpoint in ENDPOINTS:
        t.method("OPTIONS", endpoint)


def request_media_types(t):
    body = b'{"token": "x", "refresh": "x"}'
    for kind in ("text/plain", "application/xml", "", None, "json", "application/json5", "image/*"):
        t.send("verify", body, kind)
    for kind in ("application/json; charset=utf-8", "APPLICATION/JSON", "application/json;x=y"):
        t.send("verify", body, kind)


def request_of_any_media_type(t):
    t.send("verify", b'{"token": "x"}', "*/*")


def request_without_a_body(t):
    for endpoint in ENDPOINTS:
        for kind in (JSON, "application/x-www-form-urlencoded", "text/plain", None):
            t.send(endpoint, b"", kind)


def request_that_is_no_json(t):
    for body in (b"{bad", b"{", b"", b" ", b'{"token": }', b'{"token": "x"', b"{'token': 'x'}", b"nul"):
        t.send("verify", body, JSON)
    for body in (b'{"token": NaN}', b'{"token": Infinity}', b'{"token": 01}', b'{"token": "\xff"}'):
        t.send("verify", body, JSON)
    for body in (b'{"token": "x"} y', b'{"token": "x"}{}', b'{"token": "x",}', b'{"token": "a\nb"}'):
        t.send("verify", body, JSON)
    t.send("verify", '\ufeff{"token": "x"}'.encode(), JSON)
    t.send("verify", b' \r\n\t{"token": "x"} \n', JSON)


def request_that_is_no_object(t):
    for body in (b"[1]", b"[]", b'"x"', b"5", b"1.5", b"true", b"false", b"null", b'["token"]'):
        for endpoint in ("obtain", "refresh"):
            t.send(endpoint, body, JSON)


def request_accept(t):
    body = b'{"token": "x"}'
    for accept in ("text/html", "*/*", "application/json", "application/*", "text/html, */*;q=0.1", "x"):
        t.send("verify", body, JSON, ("Accept", accept))
    for accept in ("application/json; indent=4", "text/html;q=0.9, application/json;q=0.1", "image/*"):
        t.send("verify", body, JSON, ("Accept", accept))
    for method in ("GET", "OPTIONS"):
        t.method(method, "verify", ("Accept", "text/html"))


def request_that_accepts_nothing(t):
    t.send("verify", b'{"token": "x"}', JSON, ("Accept", ""))


def request_with_credentials_that_do_not_matter(t):
    ann = t.user()
    data = {"username": ann.get_username(), "password": "pw"}
    for value in ("Bearer x", "Bearer", "Basic eDp5", "Bearer a b"):
        t.post("obtain", data, ("Authorization", value))
    expired = t.token("access", ann, exp=1)
    t.post("obtain", data, ("Authorization", f"Bearer {expired}"))
    t.post("obtain", data, ("Cookie", "access=x; refresh=y; sessionid=z"))
    t.post("obtain", data, ("Origin", "https://elsewhere.example"))


def request_fields_that_are_missing(t):
    fields = {"refresh": "refresh", "verify": "token", "blacklist": "refresh", "sliding_refresh": "token"}
    for endpoint, field in fields.items():
        for data in ({}, {"x": 1}, {field: None}, {field: ""}, {field: " "}, {field: ["x"]}, {field: {}}):
            t.post(endpoint, data)
        for value in (True, 5, 1.5, "a\0b", "x" * 300, "\u00e9", "a.b.c", "..", "a.b", "a b.c.d"):
            t.post(endpoint, {field: value})
        t.form(endpoint, {field: "x"})
        t.form(endpoint, {})
