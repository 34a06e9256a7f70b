"""The fast page for Flask's development server, which serves nothing but Flask apps."""

from flask import Flask, Response

app = Flask(__name__)


@app.get("/")
@app.get("/fast")
def fast():
    """What a page costs that does nothing."""
    return Response(b"Hello, world!", content_type="text/plain")
