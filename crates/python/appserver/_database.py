"""A Django project's databases as addresses, for a server that reaches them without Django."""

import os
from urllib.parse import quote, unquote, urlencode, urlsplit

# Options of Django's connections that change nothing for somebody who sends single statements.
HARMLESS = {
    "postgresql": {
        "application_name", "client_encoding", "connect_timeout", "cursor_factory", "isolation_level",
        "keepalives", "keepalives_count", "keepalives_idle", "keepalives_interval", "pool",
        "prepare_threshold", "server_side_binding", "tcp_user_timeout",
    },
    "mysql": {
        "autocommit", "charset", "collation", "conv", "connect_timeout", "init_command",
        "isolation_level", "read_timeout", "sql_mode", "use_unicode", "write_timeout",
    },
    "sqlite": {"check_same_thread", "detect_types", "init_command", "isolation_level", "timeout", "transaction_mode"},
}  # fmt: skip
# Where PostgreSQL's own library looks for a server that has no name.
SOCKETS = ("/var/run/postgresql", "/tmp")
MYSQL_SOCKETS = ("/var/run/mysqld/mysqld.sock", "/run/mysqld/mysqld.sock", "/tmp/mysql.sock")


def alias_of(model):
    """Give the database that a model is written to."""
    from django.db import router

    return router.db_for_write(model)


def url_of(alias):
    """Give `{"url": …, "vendor": …}`, or `{"problem": …}` in words."""
    from django.db import connections

    connection = connections[alias]
    make = {"sqlite": _sqlite, "postgresql": _postgresql, "mysql": _mysql}.get(connection.vendor)
    if make is None:
        return {"problem": f"the server cannot reach databases of the kind {connection.vendor}"}
    values = connection.settings_dict
    options = {name for name, value in values.get("OPTIONS", {}).items() if value is not None}
    options -= HARMLESS[connection.vendor]
    try:
        url = make(values, options)
    except _Inexpressible as error:
        return {"problem": f"DATABASES[{alias!r}]: {error}"}
    if options:
        names = ", ".join(sorted(options))
        return {"problem": f"DATABASES[{alias!r}]: OPTIONS has {names}, which the server cannot do"}
    return {"url": url, "vendor": connection.vendor}


def files():
    """Give the paths of all databases that could be files, whatever their engines are."""
    from django.conf import settings

    names = (str(values.get("NAME") or "") for values in settings.DATABASES.values())
    paths = (unquote(urlsplit(name).path) if name.startswith("file:") else name for name in names)
    return [os.path.abspath(path) for path in paths if path and ":memory:" not in path]


class _Inexpressible(Exception):
    pass


def _sqlite(values, _options):
    name = os.fspath(values["NAME"])
    if not name or name.startswith("file:") or ":memory:" in name:
        raise _Inexpressible("NAME is no file")
    return "sqlite://" + quote(os.path.abspath(name))


def _postgresql(values, options):
    host = str(values["HOST"] or "")
    port = str(values["PORT"] or "")
    if not values["NAME"]:
        raise _Inexpressible("NAME is empty")
    if "," in host:
        raise _Inexpressible("HOST has several names")
    if not host:
        name = f".s.PGSQL.{port or 5432}"
        found = (folder for folder in SOCKETS if os.path.exists(os.path.join(folder, name)))
        host = next(found, "localhost")
    # The same as libpq means by no mode: none of the server's drivers asks for less.
    query = _take(values, options, ("sslmode", "sslrootcert", "sslcert", "sslkey", "options"))
    return _url("postgres", values, (host, port), query)


def _mysql(values, options):
    host = str(values["HOST"] or "")
    query = {}
    socket = _take(values, options, ("unix_socket",)).get("unix_socket")
    if not socket and host.startswith("/"):
        socket = host
    if not socket and host in ("", "localhost"):
        # MySQL's own library means a socket by this name.
        socket = next(filter(os.path.exists, MYSQL_SOCKETS), None)
    if socket:
        query["socket"] = socket
        host = "localhost"
    ssl = values.get("OPTIONS", {}).get("ssl")
    if isinstance(ssl, dict) and set(ssl) <= {"ca", "cert", "key"}:
        options.discard("ssl")
        query.update({f"ssl-{name}": os.fspath(path) for name, path in ssl.items()})
        if "ca" in ssl:
            query["ssl-mode"] = "VERIFY_CA"
    mode = _take(values, options, ("ssl_mode",)).get("ssl_mode")
    if mode:
        query["ssl-mode"] = str(mode)
    return _url("mysql", values, (host or "127.0.0.1", str(values["PORT"] or "")), query)


def _take(values, options, names):
    """Take these out of the options that are left."""
    given = values.get("OPTIONS", {})
    found = {name: str(given[name]) for name in names if name in options}
    options.difference_update(names)
    return found


def _url(scheme, values, place, query):
    host, port = place
    user = quote(str(values["USER"] or ""), safe="")
    password = quote(str(values["PASSWORD"] or ""), safe="")
    login = user + (f":{password}" if password else "")
    # An address of IPv6 stands in brackets, a folder of sockets is quoted.
    host = f"[{host}]" if ":" in host and not host.startswith("/") else quote(host, safe="")
    text = f"{scheme}://{login}@{host}" if login else f"{scheme}://{host}"
    text += (f":{port}" if port else "") + "/" + quote(str(values["NAME"]), safe="")
    return text + (f"?{urlencode(query)}" if query else "")
