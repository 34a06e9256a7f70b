"""Hello world as PEP 3333: the least that an application can do, so the server is what is measured."""


def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "13")])
    return [b"Hello, world!"]
