"""The server of the standard library, as its documentation starts it: MODULE:ATTRIBUTE PORT."""

import importlib
import sys
from wsgiref.simple_server import make_server


def main(name, port):
    module, _, attribute = name.partition(":")
    sys.path.insert(0, "")
    application = getattr(importlib.import_module(module), attribute)
    with make_server("127.0.0.1", int(port), application) as server:
        server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
