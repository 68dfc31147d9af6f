"""The API server's own metrics, limited to the gauge of deprecated APIs and what stands around it.

After Kubernetes 1.35, staging/src/k8s.io/apiserver/pkg/endpoints/metrics.
"""

from sandbox.apiserver.storage.store import Store

_HEAD = """# HELP apiserver_current_inflight_requests [STABLE] Maximal number of currently used inflight request limit.
# TYPE apiserver_current_inflight_requests gauge
apiserver_current_inflight_requests{request_kind="mutating"} 0
apiserver_current_inflight_requests{request_kind="readOnly"} 1
"""
_GAUGE = """# HELP apiserver_requested_deprecated_apis [STABLE] Gauge of deprecated APIs that have been requested.
# TYPE apiserver_requested_deprecated_apis gauge
"""


def exposition(store: Store) -> str:
    """Return the metrics as text. The gauge has a line for each deprecated API that was requested, none before."""
    lines = [
        f'apiserver_requested_deprecated_apis{{group="{group}",removed_release="{removed}",resource="{resource}",'
        f'subresource="",version="{version}"}} 1\n'
        for resource, version, group, removed in store.deprecated
    ]
    return _HEAD + (_GAUGE + "".join(lines) if lines else "")
