"""Who takes part in a table: a server with an application, and the load that it gets."""

from dataclasses import dataclass
from pathlib import Path

import measuring
from harness import variants
from harness.stage import Ready

from .cases import Case

CONNECTIONS = 64


@dataclass(frozen=True)
class Plain:
    """A server in a case."""

    case: Case
    name: str
    folder: Path  # where the database is

    @property
    def server(self):
        """The variant of harness.variants."""
        return self.name

    @property
    def requests(self):
        return self.case.requests

    def serve(self, stage):
        env = {"BENCH_DATABASE": str(self.folder / "hello.sqlite3")}
        words = {"workers": self.case.workers, "ready": self.case.ready, "env": env}
        return variants.serve(stage, self.name, self.case.app, **words)

    def load(self, stage, port, seconds):
        case = self.case
        words = {"connections": case.connections, "seconds": seconds}
        if case.message:
            return stage.messages(port, size=case.message, **words)
        if case.load == "h2load":
            return stage.h2load(port, case.path, **words)
        if case.body:
            words |= {"script": "post.lua", "arguments": [len(case.body)]}
        return stage.wrk(port, case.path, **words)

    def failed(self, told):
        """Requests without the right status, or without any."""
        return told["failed"] + told["status_errors"]


@dataclass(frozen=True)
class Token:
    """A row of benches/jwt: a way to verify tokens, and the tokens."""

    row: object
    folder: Path
    requests = 0

    @property
    def name(self):
        return self.row.name

    @property
    def server(self):
        """The variant of harness.variants."""
        return self.row.variant

    def serve(self, stage):
        row, config = self.row, self.folder / "appserver.toml"
        config.write_text(measuring.settings(row, self.folder))
        flags = f"--config {config}" if row.variant.startswith("appserver") else ""
        app = f"{measuring.APPS}/{row.app}" if row.table == "drf" else row.app
        expected = row.expected if row.status == 200 else None
        ready = Ready(headers=self.headers(), status=row.status, expected=expected)
        words = {"env": measuring.environment(row, self.folder), "ready": ready, "label": row.name}
        return variants.serve(stage, row.variant, app, flags=flags, **words)

    def headers(self):
        token = measuring.first_token(self.row, self.folder)
        return (("Authorization", f"Bearer {token}"),) if token else ()

    def load(self, stage, port, seconds):
        words = {"connections": CONNECTIONS, "seconds": seconds, "script": measuring.SCRIPT}
        arguments = [self.folder / self.row.tokens] if self.row.tokens else []
        return stage.wrk(port, arguments=arguments, **words)

    def failed(self, told):
        """A status that is not the row's is a failure."""
        refused = told["status_errors"]
        return told["failed"] + (refused if self.row.status == 200 else told["requests"] - refused)
