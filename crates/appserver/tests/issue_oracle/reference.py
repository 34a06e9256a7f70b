"""Their side: the project under the standard library's server, with simplejwt's own views."""

import contextlib
import socketserver
import threading
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import issue_drf
from talk import Side


class Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Handler(WSGIRequestHandler):
    """Says nothing, and makes no content type up."""

    def log_message(self, *_):
        pass

    def get_environ(self):
        environ = super().get_environ()
        environ["CONTENT_TYPE"] = self.headers.get("Content-Type", "")
        return environ


@contextlib.contextmanager
def serve():
    server = make_server("127.0.0.1", 0, issue_drf.application, server_class=Server, handler_class=Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with Side("theirs", server.server_port) as side:
        yield side
    server.shutdown()
    server.server_close()
