#!/usr/bin/env bash
# `force_flush` says True though the collector took nothing.
#
# opentelemetry-sdk 1.45.2 with opentelemetry-exporter-otlp-proto-http 1.45.2: a BatchSpanProcessor whose exporter was
# refused (here with 400) returns True from `force_flush`, as after a success: nothing waits any more, because it was
# dropped. A health check that flushes and believes the answer is green without a collector that takes anything; the
# exporter's own `export` tells success from failure.
#
# Seen on Python 3.11:
#   flushed: True
#   exported: FAILURE
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
  'opentelemetry-sdk==1.45.2' 'opentelemetry-exporter-otlp-proto-http==1.45.2'
"$folder/venv/bin/python" - <<'PYTHON' 2>/dev/null | tee "$folder/out"
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor


class Collector(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(400)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Remembering(OTLPSpanExporter):
    def export(self, spans):
        self.result = super().export(spans)
        return self.result


server = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
threading.Thread(target=server.serve_forever, daemon=True).start()
exporter = Remembering(f"http://127.0.0.1:{server.server_port}/v1/traces", timeout=5)
provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(exporter))
provider.get_tracer("finding").start_span("work").end()
print("flushed:", provider.force_flush(20_000))
print("exported:", exporter.result.name)
PYTHON
diff "$folder/out" - <<'SEEN'
flushed: True
exported: FAILURE
SEEN
