"""PyJWT and simplejwt beside the server: some thousand tokens, the same verdict on each.

    run.py settings FOLDER        writes keys, `appserver.toml` and `app.py` for the server
    run.py compare FOLDER PORT    makes tokens, asks both sides, and tells where they differ

The tokens come from a fixed seed; keys are new each time. Where verdicts differ, the difference has to
be one of docs/jwt-differences.md, which says why; each of those has to occur. Who a token is from has
to be the same, too. Exits with 1 otherwise, and leaves the tokens that surprised in FOLDER.
"""

import collections
import json
import pathlib
import sys

sys.dont_write_bytecode = True

import differences  # noqa: E402
import ours  # noqa: E402
import providers  # noqa: E402
import theirs  # noqa: E402
import tokens  # noqa: E402

DOCS = pathlib.Path(__file__).resolve().parents[4] / "docs/jwt-differences.md"
# More would only be longer.
SHOWN = 30


def settings(folder):
    made = providers.make()
    providers.save(made, folder)
    (folder / "appserver.toml").write_text(ours.settings(made, folder))
    (folder / "app.py").write_text(ours.APP)


def compare(folder, port):
    made = providers.load(folder)
    cases = tokens.make(made)
    occurred = collections.Counter()
    passed = collections.Counter()
    surprises = []
    with ours.Server(port) as server:
        for case in cases:
            their = theirs.ask(made[case.provider], case.token)
            our = server.ask(case.provider, case.token)
            passed[case.provider] += our.claims is not None
            if (their.claims is None) == (our.claims is None):
                if not is_same(their.claims, our):
                    surprises.append(told(case, their, our, "another identity"))
                elif case.kind.startswith("good") and our.claims is None:
                    surprises.append(told(case, their, our, "a good one is refused"))
                continue
            name = differences.name(case, made[case.provider], our.reason)
            if name is None:
                surprises.append(told(case, their, our, "another verdict"))
            else:
                occurred[name] += 1
        calls = server.calls()
    summary(cases, occurred, passed)
    problems = [f"never occurred: {name}" for name in differences.NAMES if not occurred[name]]
    problems += documented()
    problems += [f"nothing passed: {name}" for name in made if not passed[name]]
    if calls != sum(passed.values()):
        problems.append(f"the app was called {calls} times for {sum(passed.values())} tokens")
    (folder / "surprises.json").write_text(json.dumps(surprises, indent=1))
    problems += [str(surprise) for surprise in surprises[:SHOWN]]
    if surprises:
        problems.append(f"{len(surprises)} surprises, all in {folder / 'surprises.json'}")
    print("\n".join(problems))
    return 1 if problems else 0


def is_same(claims, our):
    """Whether both say the same of whom a token is from."""
    if claims is None:
        return our.claims is None
    expected = differences.subject(claims)
    is_subject = expected in (None, our.subject)
    return is_subject and differences.identity(claims) == differences.identity(our.claims)


def told(case, their, our, what):
    return {
        "what": what,
        "kind": case.kind,
        "provider": case.provider,
        "token": case.token.decode("latin-1")[:2000],
        "theirs": their.reason if their.claims is None else their.claims,
        "ours": our.reason if our.claims is None else our.claims,
    }


def summary(cases, occurred, passed):
    kinds = collections.Counter(case.kind.partition(":")[0] for case in cases)
    print(f"{len(cases)} tokens, of which {sum(passed.values())} pass: {dict(kinds)}")
    print(f"listed differences: {dict(occurred)}")


def documented():
    """The first column of the table, beside what is known here."""
    # What follows the next heading of this kind is about other tests.
    lines = DOCS.read_text().partition("\n# ")[0].splitlines()
    written = [line.split("|")[1].strip(" `") for line in lines if line.startswith("| `")]
    for name in set(written) ^ set(differences.NAMES):
        yield f"in one of {DOCS.name} and differences.py only: {name}"


def main(words):
    match words:
        case ["settings", folder]:
            settings(pathlib.Path(folder))
        case ["compare", folder, port]:
            return compare(pathlib.Path(folder), int(port))
        case _:
            sys.exit(__doc__)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
