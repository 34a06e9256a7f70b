"""100 KB, at once or in 20 chunks."""

CHUNK = b"x" * 5120
BIG = CHUNK * 20


def application(environ, start_response):
    headers = [("Content-Type", "application/octet-stream"), ("Content-Length", str(len(BIG)))]
    if environ["PATH_INFO"] == "/stream":
        start_response("200 OK", headers[:1])
        return (CHUNK for _ in range(20))
    start_response("200 OK", headers)
    return [BIG]
