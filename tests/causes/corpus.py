"""The corpus: what systems outside write when something breaks, each text with what people must, and must not, read.

A file in `texts/` is a list. An entry's `kind` says what wrote the text, and so how the product is asked (`asking.py`):

- `event`: an event's message, with its `reason` and, unless it is the pod of ada's server, its object (`about`);
- `pod`: a pod's `status` (and `metadata`, `spec`) as the API server serves it, of ada's server unless `component` says;
- `arm`: an answer of Azure Resource Manager: `status` and the error;
- `helm`: what helm printed to standard error;
- `acme`: a line of Traefik's log, with what the probes see beside it (`sees`);
- `hub`: lines of the hub's log;
- `login`: an answer of Entra's endpoint for tokens: `status` and the body;
- `values`: a values file, as helm takes it;
- `message`: what somebody typed in Teams; `teams`: what Teams answered to a message.

`expect: right` wants the words `says` in the answer and none of `never`. `expect: quoted` is for what the product
cannot know: the system's own words have to stand there, and nothing may be claimed beside them. `source` names whose
format it is, and where people met it; names, hosts and ids are made up. `at` names another place than the usual one
where people would read of it.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

# The one in C takes a tenth of the time, where PyYAML was built with it.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TEXTS = Path(__file__).parent / "texts"
KINDS = ("event", "pod", "arm", "helm", "acme", "hub", "login", "values", "message", "teams")
EXPECTED = ("right", "quoted")
# What people meet most of what a cluster says: of somebody's server, and of the nodes.
MOST_MET = (
    *("attach-instance-not-found", "attach-multi-attach", "attach-multi-attach-by-pod", "attach-zone-same"),
    *("attach-disk-404-azcore", "attach-no-authorization", "attach-external-attacher-late", "mount-timed-out-new"),
    *("mount-azurefile-13", "mount-configmap-missing", "provision-disk-quota", "claim-lost"),
    *("schedule-shared-claim-missing", "schedule-home-missing", "schedule-memory-dra-new", "schedule-zone-new-words"),
    *("schedule-gpu", "not-triggered-max-group", "triggered", "pull-missing", "pull-layer-missing"),
    *("pull-node-disk-full", "pull-401-acr-role", "pull-403-firewall", "pull-backoff-unknown", "sandbox-no-addresses"),
    *("pod-rejected-gpu", "pod-outofcpu", "pod-evicted-ephemeral", "pod-run-as-root", "pod-oom", "pod-home-full"),
    *("pod-watchers-are-no-disk", "pod-stuck-terminating-on-lost-node", "pod-stuck-terminating-finalizer"),
    *("spawn-refused-no-pod", "spawn-hook", "spawn-never-showed-up", "spawn-active-limit"),
)
MOST_MET_OF_NODES = ("scale-quota-in-kube-system", "scale-overconstrained", "scale-timed-out")


@dataclass(frozen=True)
class Entry:
    """One text. `given` is what its kind needs beside it; `case` that it is one of the cases this began with."""

    id: str
    kind: str
    group: str
    source: str
    text: str
    expect: str
    says: tuple[str, ...]
    never: tuple[str, ...]
    case: bool
    given: Mapping[str, object] = field(default_factory=dict)


_KNOWN = {"id", "kind", "source", "text", "expect", "says", "never", "case"}


def _entry(raw: Mapping[str, object], group: str) -> Entry:
    return Entry(
        id=str(raw["id"]),
        kind=str(raw["kind"]),
        group=group,
        source=str(raw["source"]),
        text=str(raw["text"]),
        expect=str(raw["expect"]),
        says=tuple(raw.get("says", ())),
        never=tuple(raw.get("never", ())),
        case=bool(raw.get("case")),
        given={name: value for name, value in raw.items() if name not in _KNOWN},
    )


def corpus() -> list[Entry]:
    """Return every entry, in the order of the files. Raise ValueError where one is not of the form above."""
    found = [
        _entry(raw, path.stem)
        for path in sorted(_TEXTS.glob("*.yaml"))
        for raw in yaml.load(path.read_text("utf-8"), _LOADER)  # noqa: S506 - either one is safe
    ]
    twice = [name for name, count in Counter(one.id for one in found).items() if count > 1]
    odd = [one.id for one in found if one.kind not in KINDS or one.expect not in EXPECTED]
    bare = [one.id for one in found if one.expect == "right" and not one.says]
    if twice or odd or bare:
        raise ValueError(f"the corpus has ids twice: {twice}, unknown kinds: {odd}, nothing that must be said: {bare}")
    return found
