"""Ending tokens that the server has given out.

    from appserver import tokens

    tokens.revoke_user(user)        # everything that a user has: logged out everywhere
    tokens.revoke_token(jti)        # one token
    tokens.revoke_session(sid)      # what came out of one login; where sessions are families

In a worker of the server they are ended when the call returns, in all workers of the machine. Elsewhere,
as in `manage.py` or Celery, the server's settings are looked for as the command `appserver` does, in
the working directory or else the project's, and workers hear of it within the store's `poll`. The
package then has to be installed with its compiled half.

Where the state of tokens is in the project's own file of SQLite, nobody else can write to it during a
transaction of the project's: pass the call to `transaction.on_commit()` there.

Users that are changed with `QuerySet.update()`, `bulk_update()`, or in the database itself, send no
signal: call `revoke_user` for them.
"""

import os


class RevocationFailed(Exception):
    """Nothing says that the tokens have ended: they may be used until they expire."""


def revoke_user(user):
    """End everything that a user has: the model's object, or what tokens name the user by."""
    _demand(end("user", str(user_id(user))))


def revoke_token(jti):
    """End one token, by its `jti`."""
    _demand(end("token", str(jti)))


def revoke_session(sid):
    """End a session, by the `sid` of its tokens."""
    _demand(end("session", str(sid)))


def user_id(user):
    """Give what tokens name a user by."""
    if hasattr(user, "_meta"):
        from appserver._django import simple_jwt

        return getattr(user, simple_jwt()["USER_ID_FIELD"])
    return user


def end(what, name):
    """End a `user`, a `token` or a `session`; give False where the server gives no tokens out."""
    try:
        from appserver import _appserver
    except ImportError as error:
        raise RevocationFailed("the compiled half of appserver is not installed here") from error
    try:
        return getattr(_appserver, f"revoke_{what}")(name, directory())
    except (RuntimeError, OSError, ValueError) as error:
        raise RevocationFailed(str(error)) from None


def _demand(is_done):
    if not is_done:
        raise RevocationFailed("the server's settings do not have it give tokens out")


def directory():
    """Give the directory whose settings hold where there is no server."""
    here = _working_directory()
    if os.path.exists(os.path.join(here, "appserver.toml")):
        return here
    from appserver._django import _settings

    base = getattr(_settings(), "BASE_DIR", None)
    return here if base is None else os.fspath(base)


def _working_directory():
    try:
        return os.getcwd()
    except FileNotFoundError:
        # It has been removed.
        return "/"
