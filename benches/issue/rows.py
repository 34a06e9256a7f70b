"""What is measured: servers that give tokens out, each on one store."""

from dataclasses import dataclass

OURS = (
    "{bin}/appserver run {app} --interface wsgi --bind 127.0.0.1:{port} --workers 1"
    " --runtime-dir {runtime} --config {config}"
)
GUNICORN = (
    "{venv}/bin/gunicorn --bind 127.0.0.1:{port} --workers 1 --worker-class gthread"
    " --threads {threads} --log-level warning {app}"
)


@dataclass(frozen=True)
class Row:
    """One server with its store."""

    table: str
    name: str
    store: str  # the database that knows the tokens: sqlite, postgres or redis
    is_ours: bool = True
    is_django: bool = True  # whether users, and the tables, are those of a Django project
    threads: int = 4
    beside: str = ""  # the row of the peer with the same database

    @property
    def command(self):
        return OURS if self.is_ours else GUNICORN

    @property
    def app(self):
        return "issue:application" if self.is_django else "hello:application"


def own(store):
    """Everything is the server's own: users, tables, and families of tokens."""
    beside = "" if store == "redis" else f"gunicorn simplejwt, {store}"
    return Row("refresh", f"appserver, {store}", store, is_django=False, beside=beside)


def django(store):
    """The project's users, its key, and simplejwt's tables."""
    beside = f"gunicorn simplejwt, {store}"
    return Row("refresh", f"appserver django://, {store}", store, beside=beside)


def simplejwt(store):
    return Row("refresh", f"gunicorn simplejwt, {store}", store, is_ours=False)


ROWS = (
    own("sqlite"),
    own("postgres"),
    own("redis"),
    django("sqlite"),
    django("postgres"),
    simplejwt("sqlite"),
    simplejwt("postgres"),
    Row("login", "appserver", "sqlite"),
    Row("login", "gunicorn, 4 threads", "sqlite", is_ours=False),
    Row("login", "gunicorn, 64 threads", "sqlite", is_ours=False, threads=64),
)
