"""A server that answers as it is told and remembers what it was asked."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Asked:
    """One request; names of headers in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Answering:
    """What is answered to each method (status, headers, body), and what was asked."""

    answers: Mapping[str, tuple[int, Mapping[str, str], bytes]]
    asked: list[Asked] = field(default_factory=list)
    url: str = ""


@contextmanager
def answering(answers: Mapping[str, tuple[int, Mapping[str, str], bytes]]) -> Iterator[Answering]:
    """Serve on loopback until the block ends."""
    told = Answering(answers)

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            told.asked.append(Asked(self.command, self.path.partition("?")[0], headers, body))
            status, more, content = told.answers[self.command]
            self.send_response(status)
            own = {"Content-Type": "application/json", "Content-Length": str(len(content))}
            for name, value in (own | dict(more)).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_PUT = do_POST = do_DELETE = do_PATCH = _answer  # noqa: N815 - http.server's names

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
