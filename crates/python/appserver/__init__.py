"""The Python side of appserver: what the user's interpreter imports to host an app."""

__version__ = "0.1.0"


def __getattr__(name):
    # The compiled module exists inside a server only; tools may want the version without it.
    if name == "ClientDisconnected":
        from appserver._appserver import ClientDisconnected

        return ClientDisconnected
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
