"""simplejwt with only the public keys of a server: its tokens are good there.

    consume.py PORT    logs in at the server on this port

The environment describes the project; its JWK_URL is the server's.
"""

import logging
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "apps"))
logging.disable(logging.CRITICAL)

import reference  # noqa: E402
from talk import Side, Talk  # noqa: E402


def main(port):
    with reference.serve() as theirs, Side("ours", port) as ours:
        talk = Talk("consume", ours, theirs)
        ann = talk.user()
        pair = talk.login(ann)
        talk.good_everywhere(pair)
        talk.elsewhere.post("verify", {"token": pair["access"][:-4] + "AAAA"})
        talk.elsewhere.post("blacklist", {"refresh": pair["refresh"]})
        talk.post("refresh", {"refresh": pair["refresh"]})
    statuses = [entry["status"] for entry in talk.entries]
    # A login, both tokens on both sides, two views, and what is refused.
    expected = [200, 200, 200, 200, 200, 200, 200, 401, 200, 401]
    if statuses != expected:
        print(*talk.entries, sep="\n")
    return statuses != expected


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
