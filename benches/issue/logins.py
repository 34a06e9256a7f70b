"""How long another page takes while many log in at once."""

import http.client
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from harness import tree

import serving

# Requests of the page per second: enough for a p99, too few to be a load.
PACE = 100
# A login waits for all before it: some tenths of a second each.
PATIENCE = 900


class Visitor(threading.Thread):
    """Asks for the page at a fixed pace. A request that has to wait for the one before it has waited
    since it was due."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port, self.over = port, threading.Event()
        self.times, self.failed = [], 0

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        due = time.monotonic()
        while not self.over.wait(max(0.0, due - time.monotonic())):
            try:
                connection.request("GET", "/")
                response = connection.getresponse()
                right = response.read() == b"Hello, world!" and response.status == 200
            except (OSError, http.client.HTTPException):
                # An idle connection may be closed; the next request opens another.
                connection.close()
                right = False
            self.failed += not right
            self.times.append(time.monotonic() - due)
            due += 1 / PACE
        connection.close()


def measure(port, options):
    visitor = Visitor(port)
    begin, before = time.monotonic(), tree.cpu_seconds(options.server)
    visitor.start()
    with ThreadPoolExecutor(options.logins) as pool:
        wanted = [pool.submit(serving.log_in, port, patience=PATIENCE) for _ in range(options.logins)]
        statuses = [login.result()[0] for login in wanted]
    seconds = time.monotonic() - begin
    visitor.over.set()
    visitor.join()
    times = sorted(visitor.times)
    return {
        "p50_us": times[len(times) // 2] * 1e6,
        "p99_us": times[len(times) * 99 // 100] * 1e6,
        "max_us": times[-1] * 1e6,
        "pages": len(times),
        "seconds": seconds,
        "cpu_us": (tree.cpu_seconds(options.server) - before) * 1e6 / options.logins,
        "failed": visitor.failed + sum(status != 200 for status in statuses),
        **tree.memory_kib(options.server),
    }
