"""One exchange of bytes with a server that may answer anything, or nothing."""

import subprocess
import time


def exchange(client, stream, patience, is_all):
    """What came back, and whether the server has ended the connection.

    Ends with the first whole answer; or, with `is_all`, not before the connection or the patience does.
    """
    try:
        client.sendall(stream)
    except OSError:
        pass  # it has had enough; what it says about that is read all the same
    answer, until = b"", time.monotonic() + patience
    while (left := until - time.monotonic()) > 0 and (is_all or not is_whole(answer)):
        client.settimeout(left)
        try:
            piece = client.recv(65536)
        except TimeoutError:
            break
        except OSError:
            return answer, True
        if not piece:
            return answer, True
        answer += piece
    return answer, False


def has_gone(process):
    """Whether the whole server ended with the connection. A process needs a moment to end."""
    try:
        process.wait(timeout=0.1)
    except subprocess.TimeoutExpired:
        return False
    return True


def is_whole(answer):
    """Whether the first answer has arrived, as far as its length tells."""
    head, end, body = answer.partition(b"\r\n\r\n")
    fields = [line.partition(b":") for line in head.lower().split(b"\r\n")]
    length = next((value for name, _, value in fields if name == b"content-length"), b"")
    return bool(end) and length.strip().isdigit() and len(body) >= int(length)


def status_of(answer):
    """The status of an answer, 0 if there is none. What is no HTTP is as good as none."""
    words = answer.split(b" ", 2)
    return int(words[1][:3]) if len(words) > 1 and words[1][:3].isdigit() else 0
