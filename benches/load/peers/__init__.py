"""The table of peers: the same applications on every server, and what a request costs."""
