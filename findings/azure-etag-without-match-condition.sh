#!/usr/bin/env bash
# `etag=` alone makes no write to AKS conditional, and nothing says so.
#
# azure-mgmt-containerservice 41.8.0 with azure-core 1.41.0: `begin_create_or_update` takes `etag=` and
# `match_condition=`. Either of them alone sends no If-Match, raises nothing and warns of nothing: the write overwrites
# what somebody else has changed since. Only both send the header, with the tag in quotes.
#
# Seen on Python 3.11:
#   etag alone: no If-Match
#   match_condition alone: no If-Match
#   both: "1"
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
  'azure-mgmt-containerservice==41.8.0' 'azure-core==1.41.0' 'requests==2.34.2'
"$folder/venv/bin/python" - <<'PYTHON' | tee "$folder/out"
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from azure.core import MatchConditions
from azure.core.credentials import AzureKeyCredential
from azure.core.pipeline.policies import AzureKeyCredentialPolicy
from azure.mgmt.containerservice import ContainerServiceClient

POOL = json.dumps({"name": "users", "properties": {"count": 3}}).encode()
seen = []


class Azure(BaseHTTPRequestHandler):
    def do_PUT(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        seen.append(self.headers.get("If-Match"))
        self.do_GET()

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(POOL)))
        self.end_headers()
        self.wfile.write(POOL)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Azure)
threading.Thread(target=server.serve_forever, daemon=True).start()
key = AzureKeyCredential("key")
client = ContainerServiceClient(
    key,
    "00000000-0000-0000-0000-000000000000",
    base_url=f"http://127.0.0.1:{server.server_port}",
    authentication_policy=AzureKeyCredentialPolicy(key, "Authorization", prefix="Bearer"),
)
given = {
    "etag alone": {"etag": "1"},
    "match_condition alone": {"match_condition": MatchConditions.IfNotModified},
    "both": {"etag": "1", "match_condition": MatchConditions.IfNotModified},
}
pool = client.agent_pools.get("group", "cluster", "users")
for name, conditions in given.items():
    client.agent_pools.begin_create_or_update("group", "cluster", "users", pool, polling=False, **conditions)
    print(f"{name}: {seen[-1] or 'no If-Match'}")
PYTHON
diff "$folder/out" - <<'SEEN'
etag alone: no If-Match
match_condition alone: no If-Match
both: "1"
SEEN
