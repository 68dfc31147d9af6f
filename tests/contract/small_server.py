"""A user's server as far as a hub can tell: it answers under its prefix."""

import os
import sys
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(HTTPStatus.OK)
        # The hub warns of servers whose version it cannot tell.
        self.send_header("X-JupyterHub-Version", os.environ.get("JUPYTERHUB_VERSION", ""))
        self.end_headers()

    def log_message(self, *_):
        """Say nothing."""


if __name__ == "__main__":
    # A hub before 2.0 says where by an argument, `--port=42541`.
    port = sys.argv[-1].removeprefix("--port=") if "JUPYTERHUB_SERVICE_URL" not in os.environ else None
    url = urlsplit(f"http://127.0.0.1:{port}" if port else os.environ["JUPYTERHUB_SERVICE_URL"])
    ThreadingHTTPServer((url.hostname, url.port), Answer).serve_forever()
