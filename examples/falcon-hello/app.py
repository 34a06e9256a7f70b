"""A small Falcon app, as WSGI: `appserver run` serves it."""

import falcon


class Hello:
    def on_get(self, request, response):
        response.content_type = falcon.MEDIA_TEXT
        response.text = f"hello, {request.get_param('name', default='world')}\n"


class Echo:
    def on_post(self, request, response):
        response.media = request.get_media()


class Stream:
    def on_get(self, request, response):
        chunks = request.get_param_as_int("chunks", default=10)
        response.content_type = falcon.MEDIA_TEXT
        response.stream = (b"chunk %d\n" % number for number in range(chunks))


class Boom:
    def on_get(self, request, response):
        raise RuntimeError("this resource always fails")


app = falcon.App()
app.add_route("/", Hello())
app.add_route("/echo", Echo())
app.add_route("/stream", Stream())
app.add_route("/boom", Boom())
