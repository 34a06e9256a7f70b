"""simplejwt beside the server's endpoints, on one database and one key: the same answers to the same
requests, and each side's tokens good on the other.

    run.py PORT [CASE...]    asks the server on this port, and simplejwt's views in this process

The environment describes the project; see issue_drf. Each case is told to both sides, with users and
tokens of its own. Where transcripts differ, the difference has to be one of differences.py, which says
why; each of those has to occur where it says. Exits with 1 otherwise.
"""

import logging
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "apps"))

import cases  # noqa: E402
import differences  # noqa: E402
import reference  # noqa: E402
import transcript  # noqa: E402
from talk import Side, Talk  # noqa: E402

# Of what is refused, and what fails: it is compared.
logging.disable(logging.CRITICAL)
# More would only be longer.
SHOWN = 40


def compare(port, wanted):
    problems, answers, passed = [], 0, 0
    with reference.serve() as theirs, Side("ours", port) as ours:
        for case in cases.chosen(wanted):
            transcripts = [Talk(case.__name__, *sides).run(case) for sides in ((theirs, ours), (ours, theirs))]
            answers += sum(map(len, transcripts))
            passed += sum(entry.get("status") == 200 for entry in transcripts[1])
            problems += judged(case.__name__, *transcripts)
        problems += differences.of_caching(theirs, ours)
    print(f"{answers} answers to {len(cases.chosen(wanted))} cases, {passed} of ours 200")
    if not passed:
        problems.append("nothing passed")
    print("\n".join(problems[:SHOWN]))
    if problems:
        print(f"{len(problems)} problems")
    return 1 if problems else 0


def judged(name, theirs, ours):
    """What is wrong with these transcripts of one case."""
    expected = differences.of(name)
    found, is_found = [], False
    for their, our, places in transcript.compared(theirs, ours):
        if expected is not None and expected.explains(their, our, places):
            is_found = True
        else:
            told = [f"  {place}\n    theirs: {a}\n    ours:   {b}" for place, a, b in places]
            found.append("\n".join([f"{name}: {our.get('asked')}", *told]))
    if expected is not None and not is_found:
        found.append(f"{name} does not differ any more: {expected.reason}")
    return found


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(compare(int(sys.argv[1]), sys.argv[2:]))
