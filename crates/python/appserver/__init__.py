"""The Python side of appserver: what the user's interpreter imports to host an app."""

__version__ = "0.1.0"

# Set by the server itself, in the process that loads the application.
_serves = False


def under_server():
    """Tell whether this process was made by appserver."""
    return _serves


def __getattr__(name):
    # The compiled module exists inside a server only; tools may want the version without it.
    if name in ("ClientDisconnected", "Verified"):
        from appserver import _appserver

        return getattr(_appserver, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
