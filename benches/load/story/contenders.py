"""Who takes part in a scenario: a server by its name, with the numbers that it is started with."""

from dataclasses import dataclass

# The Django project that all scenarios serve, for servers that speak nothing but ASGI in its other
# form, and the same page in Flask, for Flask's own server.
FOLDER = "site"
APPS = {"uvicorn": "project.asgi:application", "flask": "flask_site:app"}
WSGI = "project.wsgi:application"


@dataclass(frozen=True)
class Contender:
    """One server as a scenario starts it; `label` is its name in pictures and tables."""

    label: str
    server: str
    workers: int = 1
    threads: int = 1
    flags: str = ""

    def serve(self, stage, *, folder=FOLDER, **options):
        """The running server, as a context manager; `folder` may be a copy of the project."""
        options |= {"workers": self.workers, "threads": self.threads, "flags": self.flags}
        app = f"{folder}/{APPS.get(self.server, WSGI)}"
        return stage.serve(self.server, app, label=self.label, **options)


def in_turn(contenders, turn):
    """Each round begins with another one, so that no one is always measured at the same time."""
    first = turn % len(contenders)
    return contenders[first:] + contenders[:first]


def in_rounds(stage, contenders, data, measure):
    """What `measure(contender)` gives in each round, by label; failures are noted, and left out."""
    samples = {one.label: [] for one in contenders}
    for turn in range(stage.rounds):
        for one in in_turn(contenders, turn):
            if sample := attempt(data, one, lambda one=one: measure(one)):
                samples[one.label].append(sample)
    return samples


def attempt(data, contender, measure):
    """What `measure` gives, or None: a failure is noted in the data and ends nothing else."""
    try:
        return measure()
    except Exception as error:
        data["errors"].append(f"{contender.label}: {error}")
        return None


def failures(label, server, samples):
    """What went wrong with ours, where nothing should have. Peers may fail: that is a result."""
    failed = sum(one["failed"] + one.get("status_errors", 0) for one in samples)
    if failed and server == "appserver":
        answered = sum(one["requests"] for one in samples)
        yield f"{label}: {failed} requests failed, {answered} were answered"
