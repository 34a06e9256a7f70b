"""A small Flask app: `appserver run` serves it, `appserver run app:create_app()` its factory."""

from flask import Flask, Response, jsonify, request, session


def create_app() -> Flask:
    app = Flask(__name__)
    # An example has no secrets: its sessions protect nothing.
    app.secret_key = "example"

    @app.get("/")
    def hello():
        return f"hello, {request.args.get('name', 'world')}\n"

    @app.post("/echo")
    def echo():
        return jsonify(request.get_json())

    @app.get("/count")
    def count():
        session["count"] = session.get("count", 0) + 1
        return jsonify(count=session["count"])

    @app.post("/upload")
    def upload():
        file = request.files["file"]
        return jsonify(name=file.filename, size=len(file.read()))

    @app.get("/stream")
    def stream():
        chunks = request.args.get("chunks", 10, type=int)
        return Response((f"chunk {number}\n" for number in range(chunks)), mimetype="text/plain")

    @app.get("/boom")
    def boom():
        raise RuntimeError("this view always fails")

    return app


app = create_app()
