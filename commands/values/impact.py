"""The consequences of changed Helm values for people: new homes, culling, logins. Pure.

The rendered objects do not show them: z2jh passes most of these values to the hub in its Secret, so in the manifest
they are only a checksum that differs.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

from commands.timing.durations import spoken
from commands.values.diff import NOT_SET, ValueDifference

_NEW_HOMES = re.compile(r"singleuser\.storage\.(capacity|dynamic\.(storageClass|storageAccessModes|labels))")
_LOGINS = re.compile(
    r"hub\.config\.(?=\w*(?:Authenticator|OAuth))(?>\w+)\..*|hub\.config\.JupyterHub\.authenticator_class|auth\..*"
)
_DATABASE = re.compile(r"hub\.db\.(type|url)|hub\.db\.pvc\.subPath")
_HTTPS = re.compile(r"proxy\.https\..*")
_SERVERS = re.compile(r"singleuser\.(?!image\.|storage\.).*")
_START_TIMES = re.compile(r"singleuser\.startTimeout|hub\.config\.(?:Kube)?Spawner\.start_timeout")
# Seconds. The chart gives 300: a new node takes some minutes, an image of some GB one or two.
_SHORT_START: Final = 60
_PLACES = re.compile(r"scheduling\.userPods\..*")


def consequences(changes: Sequence[ValueDifference]) -> tuple[str, ...]:
    """Return sentences about what changes for users, the most important first."""
    return tuple(line for of in (_homes, _culling, _logins, _servers, _https) for line in of(changes))


def warnings(changes: Sequence[ValueDifference]) -> tuple[str, ...]:
    """Return the warnings that the changes call for."""
    return tuple(_warnings(changes))


def _warnings(changes: Sequence[ValueDifference]) -> Iterator[str]:
    if names := _paths(changes, _DATABASE):
        yield f"The hub starts with another database ({_some(names)}), without the old one’s tokens and shares."
    for one in changes:
        if one.path == "cull.users" and one.after == "true":
            yield "The culler deletes idle users from the hub, and the chart deletes a user's home with the user."
        if one.path == "hub.baseUrl":
            yield f"The hub’s address changes: {one.before} → {one.after}."
        if _START_TIMES.fullmatch(one.path) and one.after.isdecimal() and 0 < int(one.after[:9]) < _SHORT_START:
            yield (
                f"A server gets {_seconds(one.after)} to start: one that waits for a new node or for its image "
                "takes minutes and would be given up."
            )


def _homes(changes: Sequence[ValueDifference]) -> Iterator[str]:
    names = {one.path.rpartition(".")[2]: one for one in changes if _NEW_HOMES.fullmatch(one.path)}
    what = [f"{word} {_named(one.after)}" for name, word in _OF_HOMES if (one := names.get(name)) is not None]
    if what:
        yield f"Homes created from now on have {' and '.join(what)}; existing ones keep theirs."


def _named(value: str) -> str:
    return "by default" if value in (NOT_SET, "null") else value


_OF_HOMES: Final = (
    ("capacity", "size"),
    ("storageClass", "storage class"),
    ("storageAccessModes", "access modes"),
    ("labels", "labels"),
)


def _culling(changes: Sequence[ValueDifference]) -> Iterator[str]:
    for one in changes:
        match one.path:
            case "cull.enabled":
                yield "Idle servers are stopped." if one.after == "true" else "Idle servers are no longer stopped."
            case "cull.timeout":
                yield f"Servers are stopped after being idle for {_seconds(one.after)}; so far {_seconds(one.before)}."
            case "cull.maxAge":
                yield f"Servers are stopped when they are {_seconds(one.after)} old, busy or not (0: never)."


def _seconds(text: str) -> str:
    if text == NOT_SET:
        return "the chart's default"
    return spoken(timedelta(seconds=int(text))) if text.isdecimal() and len(text) < len("1000000000") else text


def _logins(changes: Sequence[ValueDifference]) -> Iterator[str]:
    if names := _paths(changes, _LOGINS):
        yield f"This changes who may log in, or how: {_some(names)}."


def _servers(changes: Sequence[ValueDifference]) -> Iterator[str]:
    if names := [*_paths(changes, _SERVERS), *_paths(changes, _PLACES)]:
        yield f"Servers that start from now on get the new settings ({_some(names)}); running ones stay as they are."


def _https(changes: Sequence[ValueDifference]) -> Iterator[str]:
    if names := _paths(changes, _HTTPS):
        yield f"This changes how the hub obtains its certificate: {_some(names)}."


def _paths(changes: Sequence[ValueDifference], wanted: re.Pattern[str]) -> list[str]:
    return [one.path for one in changes if wanted.fullmatch(one.path)]


# A name that contains a dot is in quotation marks.
_NAMES = re.compile(r"\"[^\"]*\"|[^.\"]+")


def _some(paths: Sequence[str]) -> str:
    """Return the last names of some paths; the full paths are listed elsewhere on the card."""
    names = list(dict.fromkeys(".".join(_NAMES.findall(path)[-2:]) for path in paths))
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > len("abc") else "")
