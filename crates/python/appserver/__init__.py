"""The Python side of appserver: what the user's interpreter imports to host an app."""

__version__ = "0.1.0"
