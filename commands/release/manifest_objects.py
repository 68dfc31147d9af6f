"""The objects of a manifest, without the contents of Secrets. Pure."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import yaml

_DOCUMENT = re.compile(r"^---[ \t]*$", re.MULTILINE)
_SOURCE = re.compile(r"^# Source: [^/\s]+/(?:templates/)?(\S+)\s*$", re.MULTILINE)
# The text of helm 3.17 in place of a hidden Secret.
_HIDDEN: Final = "# HIDDEN: The Secret output has been suppressed"
# Labels that change with each version of a chart.
BOOKKEEPING: Final = frozenset({"chart", "helm.sh/chart", "app.kubernetes.io/version"})
# z2jh's pod templates have checksums of what else restarts them, among them that of a Secret, which is random when it
# is first created.
CHECKSUM: Final = "checksum/"


@dataclass(frozen=True, order=True)
class Ref:
    """An object's kind and name, and its namespace where that is not the release's own."""

    kind: str
    name: str
    namespace: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.name}" + (f" in {self.namespace}" if self.namespace else "")


@dataclass(frozen=True)
class Objects:
    """The objects of a manifest. Of a Secret only its template is kept, with its name if that is known."""

    found: Mapping[Ref, Mapping[str, object]]
    secrets: tuple[tuple[str, str], ...] = field(default=())

    def digest(self) -> str:
        """Return the SHA-256 of everything that stays the same each time the same values are rendered."""
        content = {str(ref): _lasting(one) for ref, one in self.found.items()}
        text = json.dumps([content, sorted(source for source, _ in self.secrets)], sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()


def objects(manifest: str, namespace: str = "") -> Objects:
    """Parse a manifest. Raise ValueError if it is not YAML."""
    found: dict[Ref, Mapping[str, object]] = {}
    secrets: list[tuple[str, str]] = []
    for text in _DOCUMENT.split(manifest):
        source = match[1] if (match := _SOURCE.search(text)) else ""
        if _HIDDEN in text:
            secrets.append((source, ""))
            continue
        for ref, one in _read(text, namespace):
            if ref.kind == "Secret":
                secrets.append((source, ref.name))
            else:
                found[ref] = one
    return Objects(found, tuple(secrets))


def _read(text: str, namespace: str) -> Iterator[tuple[Ref, Mapping[str, object]]]:
    try:
        made = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - a safe one
    except yaml.YAMLError:
        # Without the cause, whose text quotes the manifest.
        raise ValueError("the manifest is not YAML") from None
    if isinstance(made, Mapping) and isinstance(about := made.get("metadata"), Mapping):
        elsewhere = str(about.get("namespace") or namespace)
        ref = Ref(str(made.get("kind")), str(about.get("name")), "" if elsewhere == namespace else elsewhere)
        yield ref, made


def _lasting(node: object) -> object:
    if isinstance(node, Mapping):
        return {
            str(name): _lasting(child)
            for name, child in node.items()
            if not str(name).startswith(CHECKSUM) and name not in BOOKKEEPING
        }
    return [_lasting(child) for child in node] if isinstance(node, list) else node
