"""Flask: a view that answers with text, and one that answers with JSON."""

from flask import Flask

application = Flask(__name__)


@application.get("/")
def hello():
    return "Hello, world!", 200, {"Content-Type": "text/plain"}


@application.get("/json")
def item():
    return {"id": 1, "name": "Hello, world!", "price": 9.5, "tags": ["a", "b"]}
