"""Serves the project of edge_drf with the standard library's server, and prints what it answers.

The first argument is a token; `without` as the second hides simplejwt.
"""

import json
import sys
import threading
import urllib.error
import urllib.request
from wsgiref.simple_server import WSGIRequestHandler, make_server

import edge_drf

import appserver


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass


def ask(address, path, **headers):
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        with urllib.request.urlopen(urllib.request.Request(address + path, headers=names)) as response:
            return [response.status, json.load(response)]
    except urllib.error.HTTPError as error:
        text = error.read().decode(errors="replace")
        return [error.code, json.loads(text) if text.startswith("{") else None]


token = sys.argv[1]
if sys.argv[2:] == ["without"]:
    sys.modules["rest_framework_simplejwt"] = None
bearer = {"Authorization": f"Bearer {token}"}
server = make_server("127.0.0.1", 0, edge_drf.application, handler_class=Quiet)
threading.Thread(target=server.serve_forever, daemon=True).start()
address = f"http://127.0.0.1:{server.server_port}"
told = {
    "under_server": appserver.under_server(),
    "anonymous": ask(address, "/api/db/"),
    "anyone": ask(address, "/api/anyone/"),
    "db": ask(address, "/api/db/", **bearer),
    "token": ask(address, "/api/token/", **bearer),
    "plain": ask(address, "/plain/", **bearer),
    "spoiled": ask(address, "/api/anyone/", Authorization=f"Bearer {token[:-4]}AAAA"),
    "plain spoiled": ask(address, "/plain/", Authorization=f"Bearer {token[:-4]}AAAA"),
    "forged": ask(address, "/api/db/?forge=dict"),
    "said by the client": ask(address, "/api/db/", **{"Appserver.Auth": "1", "Appserver_Auth": "1"}),
}
server.shutdown()
print(json.dumps(told))
