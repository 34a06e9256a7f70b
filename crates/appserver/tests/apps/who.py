"""Says who a request is from, as WSGI and as ASGI, and tries to make that up."""

import copy
import gc
import json
import pickle
from itertools import count

import appserver

calls = count(1)


def report(holder, found):
    """What is told of a token."""
    told = {
        "calls": next(calls),
        "has_key": "appserver.auth" in holder,
        "is_verified": type(found) is appserver.Verified,
        "under_server": appserver.under_server(),
    }
    if found is None:
        return told
    return {
        **told,
        "provider": found.provider,
        "claims": dict(found.claims),
        "subject": found.subject,
        "user_id": found.user_id,
        "token_type": found.token_type,
        "scopes": found.scopes,
        "roles": found.roles,
        "jti": found.jti,
        "expires": found.expires,
        "has_token": found.token is not None,
        "others": len(found.others),
        "repr": repr(found),
    }


def like_a_mapping(found):
    return {
        "item": found["user_id"],
        "missing": found.get("nothing", "a default"),
        "none": found.get("nothing"),
        "has": ["user_id" in found, "nothing" in found],
        "keys": sorted(found.keys()) == sorted(found) == sorted(found.claims),
        "as_dict": dict(found) == dict(found.claims),
        "kept": found.claims is found.claims,
    }


def attempt(step):
    try:
        step()
    except Exception as error:
        return type(error).__name__
    return "done"


def forgeries(found):
    """What comes of each way to make or change such an object."""
    Verified = type(found)

    def subclass():
        type("Mine", (Verified,), {})

    def pretend():
        class Mine:
            pass

        Mine().__class__ = Verified

    def patch():
        Verified.subject = "root"

    def set_claim():
        found.claims["user_id"] = "root"

    def set_attribute():
        found.subject = "root"

    def reach_in():
        # A mapping proxy refers to its dictionary; the object itself must not be reachable for more.
        for referent in gc.get_referents(found):
            raise LookupError(referent)

    steps = {
        "call": lambda: Verified(),
        "call with claims": lambda: Verified({"user_id": "root"}),
        "object.__new__": lambda: object.__new__(Verified),
        "Verified.__new__": lambda: Verified.__new__(Verified),
        "copy": lambda: copy.copy(found),
        "deepcopy": lambda: copy.deepcopy(found),
        "reduce": lambda: found.__reduce__(),
        "setstate": lambda: found.__setstate__({}),
        "init": lambda: found.__init__({"user_id": "root"}),
        "subclass": subclass,
        "pretend": pretend,
        "patch": patch,
        "set a claim": set_claim,
        "set an attribute": set_attribute,
        "delete an attribute": lambda: delattr(found, "subject"),
        **{f"pickle {n}": lambda n=n: pickle.dumps(found, n) for n in range(pickle.HIGHEST_PROTOCOL + 1)},
        "reach in": reach_in,
    }
    outcomes = {name: attempt(step) for name, step in steps.items()}
    return {"outcomes": outcomes, "user_id": found.user_id, "claim": found.claims["user_id"]}


def scribble(found):
    """Changes what can be changed: values inside of claims."""
    found.claims["nested"]["list"].append("scribbled")
    return {"list": found.claims["nested"]["list"]}


def answer(path, holder, found):
    name = path.rsplit("/", 1)[-1]
    if name == "mapping":
        return like_a_mapping(found)
    if name == "forge":
        return forgeries(found)
    if name == "scribble":
        return scribble(found)
    return report(holder, found)


def application(environ, start_response):
    told = answer(environ["PATH_INFO"], environ, environ.get("appserver.auth"))
    told["environ"] = {
        key: value
        for key, value in environ.items()
        if isinstance(value, str) and ("AUTH" in key.upper() or "USER" in key.upper()) and key != "HTTP_AUTHORIZATION"
    }
    body = json.dumps(told).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]


async def asgi(scope, receive, send):
    if scope["type"] == "lifespan":
        raise RuntimeError("not spoken here")
    extensions = scope["extensions"]
    told = answer(scope["path"], extensions, extensions.get("appserver.auth"))
    told["scope"] = sorted(set(scope) & {"user", "auth"})
    text = json.dumps(told)
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": text})
        await send({"type": "websocket.close"})
        return
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": text.encode()})
