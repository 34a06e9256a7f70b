"""What a row of tokens needs: keys, tokens, the database of the project, settings, environment."""

import json
import os
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
APPS = HERE / "apps"
SCRIPT = HERE / "load" / "tokens.lua"


def prepare(python, folder, kinds=()):
    """Keys and tokens, of some kinds or of all, and the database of the project."""
    subprocess.run([python, HERE / "tokens.py", folder, *kinds], check=True, timeout=300)
    env = dict(os.environ, BENCH_DATABASE=str(folder / "db.sqlite3"), BENCH_SECRET="unused")
    subprocess.run([python, APPS / "drf.py"], env=env, check=True, timeout=300)


def settings(row, folder):
    """A token of one provider is required everywhere; or tokens are not looked at."""
    if not row.kind:
        return ""
    key = json.dumps(str(folder / f"{row.kind}.key"))
    secret = row.kind == "hs256"
    algorithm = row.kind.upper().replace("EDDSA", "EdDSA")
    lines = ["[auth.jwt]", 'default = "required"', f"cache_entries = {row.cache}"]
    lines += [f"[auth.jwt.providers.{row.kind}]", f'algorithms = ["{algorithm}"]']
    lines += ['require = ["exp", "jti"]', 'token_types = ["access"]']
    lines.append(f"secret = {{ file = {key} }}" if secret else f"public_keys = [{key}]")
    return "\n".join(lines) + "\n"


def environment(row, folder):
    """What the project is told."""
    env = {"BENCH_DATABASE": str(folder / "db.sqlite3")}
    env["BENCH_SECRET"] = (folder / "hs256.key").read_text()
    return env | row.environment


def first_token(row, folder):
    """The one that comes first, None where none is sent."""
    return (folder / row.tokens).read_text().split("\n", 1)[0] if row.tokens else None
