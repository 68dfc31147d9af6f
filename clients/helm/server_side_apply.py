"""What goes wrong with server-side apply, in what helm 4 prints: fields of other managers, and objects out of bounds.

The words are helm 4.3's (pkg/kube/client.go) around those of Kubernetes 1.37 (apimachinery, util/managedfields).
Managers are named as a client called itself: that is shown, but bounded and without anything that is not printable.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

# One object's conflicts end where another object's begin, which helm joins with "&&".
_OBJECT: Final = re.compile(
    r"conflict occurred while applying object (?P<namespace>[\w.-]{0,63})/(?P<name>[\w.:-]{1,253}) "
    r"(?P<version>[\w./-]{1,120}), Kind=(?P<kind>\w{1,63}): Apply failed with \d{1,6} conflicts?: "
)
_MANAGER: Final = re.compile(r'conflicts? with "(?P<manager>[^"\n]{0,128})"[^:\n]{0,120}(?:at \d{4}-[\dT:Z-]{1,30})?:')
_FIELD: Final = re.compile(r"(?:^|\s)(?P<field>\.[^\s&]{1,300})")
# An object of the whole cluster has no namespace before its name.
_OF_THE_CLUSTER: Final = re.compile(
    r"server-side apply failed for object /(?P<name>[\w.:-]{1,253}) [\w./-]{1,120}, Kind=(?P<kind>\w{1,63}): "
    r"[^\n]{0,400}is forbidden"
)
# Of each manager's fields, and of all lines, so many are named; how many more there are is said.
_MOST_FIELDS: Final = 3
_MOST_LINES: Final = 4


@dataclass(frozen=True)
class FieldConflict:
    """The fields of one object that one manager has and that helm would set otherwise."""

    kind: str
    name: str
    manager: str
    fields: tuple[str, ...]

    @property
    def text(self) -> str:
        """The conflict in words: "Deployment hub: kubectl-edit has set spec.replicas"."""
        more = len(self.fields) - _MOST_FIELDS
        named = ", ".join(one.lstrip(".") for one in self.fields[:_MOST_FIELDS])
        return f"{self.kind} {self.name}: {self.manager} has set {named}{f' and {more} more' if more > 0 else ''}"


def conflicts(errors: str) -> tuple[FieldConflict, ...]:
    """Return the conflicts in what helm printed to standard error; none where it met none."""
    return tuple(_all(errors))


def _all(errors: str) -> Iterator[FieldConflict]:
    for found, said in _parts(_OBJECT, errors):
        for manager, listed in _parts(_MANAGER, said):
            if fields := _FIELD.findall(listed):
                name = "".join(char for char in manager["manager"] if char.isprintable()) or "somebody unnamed"
                yield FieldConflict(found["kind"], found["name"], name, tuple(fields))


def _parts(begins: re.Pattern[str], text: str) -> Iterator[tuple[re.Match[str], str]]:
    """Yield each beginning with the text from there to the next one."""
    found = list(begins.finditer(text))
    for place, one in enumerate(found, 1):
        yield one, text[one.end() : found[place].start() if place < len(found) else len(text)]


def forbidden_object(errors: str) -> str:
    """Return which object of the whole cluster helm may not apply: "ClusterRole hub-user-scheduler"; "" if none."""
    found = _OF_THE_CLUSTER.search(errors)
    return f"{found['kind']} {found['name']}" if found else ""


def sentence(found: Sequence[FieldConflict]) -> str:
    """Return what is so and why, for people: without values, which these words have none of."""
    more = len(found) - _MOST_LINES
    named = "; ".join(one.text for one in found[:_MOST_LINES])
    rest = f"; and {more} more" if more > 0 else ""
    return f"Somebody else has set fields that the chart sets otherwise: {named}{rest}."
