"""Plain Django behind a server that verifies tokens, and ends those of users who change.

    MIDDLEWARE = [..., "appserver.django.EdgeJWTMiddleware"]

See `appserver.django.middleware`.

    INSTALLED_APPS = [..., "appserver.django"]

Processes that are none of the server's, such as `manage.py` and Celery, then end the tokens of users
whose password changes, who may no longer log in, or who are deleted. Workers of the server do so
without it. See `appserver.tokens`.
"""


def __getattr__(name):
    # Apps are imported before there are models, which the middleware needs.
    if name == "EdgeJWTMiddleware":
        from appserver.django.middleware import EdgeJWTMiddleware

        return EdgeJWTMiddleware
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
