"""What JupyterHub's own classes say of Helm values before they are deployed: they are loaded and never started.

Code in the values is not run. What plain statements of it set counts; where other code may set a trait, a finding about
it is no more than a warning.
"""

import asyncio
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from clients.errors import Unavailable
from clients.hub_classes import ClassFinding, FindingKind, Judgement
from commands.ports.context import Reads
from commands.values.chart_traits import PlacedTrait, chart_traits
from commands.values.hub_code import ANY
from commands.values.hub_config import CONFIG, HubConfig
from commands.values.schema_errors import SchemaViolation, effective_values, violation_at
from commands.values.stand_ins import with_stand_ins

_UNKNOWN: Final = object()
# traitlets' words for types, and ours.
_TYPES: Final = (
    (re.compile(r"\ban int\b"), "a whole number"),
    (re.compile(r"\ba float\b"), "a number"),
    (re.compile(r"\ba boolean\b"), "true or false"),
    (re.compile(r"\ba unicode string\b"), "a text"),
    (re.compile(r"\ba dict\b"), "a mapping of names"),
    (re.compile(r"\ba (?:set|tuple)\b"), "a list"),
    (re.compile(r"\bNone\b"), "null"),
    (re.compile(r", each of an? "), ", each of them a "),
    (re.compile(r"\ba callable\b"), "a function, which only code can set"),
    (re.compile(r"\bany of \[([^\[\]]*)\]"), r"one of \1"),
)


@dataclass(frozen=True)
class HubCheck:
    """The violations, those that live values have already and new ones, and the versions of the classes that judged.

    `unchecked` says why they were not asked; `judges` is empty then, and where there was nothing to ask.
    """

    violations: tuple[SchemaViolation, ...] = ()
    known: frozenset[SchemaViolation] = frozenset()
    judges: str = ""
    unchecked: str = ""


@dataclass(frozen=True)
class _Request:
    """The traits of one set of values, by class, as they are sent."""

    config: HubConfig
    traits: tuple[PlacedTrait, ...]

    @cached_property
    def sent(self) -> dict[str, dict[str, object]]:
        made: dict[str, dict[str, object]] = {}
        for one in self.traits:
            owner, name = one.trait
            hidden = (*CONFIG, *one.trait) if one.path == _CODE else one.path
            plain = _plain(with_stand_ins(one.value, hidden))
            if plain is not _UNKNOWN and not self.config.code.names(owner, name):
                made.setdefault(owner, {})[name] = plain
        return made


_CODE: Final = ("hub", "extraConfig")


async def hub_check(
    reads: Reads,
    values: Mapping[str, object],
    defaults: Mapping[str, object],
    hub_version: str,
    *,
    live: tuple[Mapping[str, object], Mapping[str, object]] | None = None,
) -> HubCheck:
    """Ask the classes of that version of JupyterHub about the values, with a chart's defaults.

    `live` are the values and defaults of the live revision of the same chart: nothing is asked where both give the hub
    the same configuration.
    """
    new = await asyncio.to_thread(_request, values, defaults)
    old = await asyncio.to_thread(_request, *live) if live else None
    if old is not None and old.sent == new.sent:
        return HubCheck()
    asked = [one.sent for one in (new, old) if one is not None]
    try:
        judged = await reads.hub_classes.judged(asked, hub_version)
    except Unavailable as error:
        return HubCheck(unchecked=f"Not checked by JupyterHub's own classes: they {error.what}.")
    known = frozenset(_violations(old, judged, 1)) if old else frozenset()
    return HubCheck(tuple(_violations(new, judged, 0)), known, judged.judges)


def beside(found: Iterable[SchemaViolation], others: Iterable[SchemaViolation]) -> tuple[SchemaViolation, ...]:
    """Return what the others do not say already, in words of their own: of the same value, or of a part of it."""
    said = [one.path for one in others]
    return tuple(one for one in found if not any(_is_within(path, one.path) for path in said))


def _is_within(path: str, other: str) -> bool:
    """Return True if one of the paths leads to the other."""
    shorter, longer = sorted((path, other), key=len)
    return longer.startswith(shorter) and longer[len(shorter) :][:1] in ("", ".", "[")


def _request(values: Mapping[str, object], defaults: Mapping[str, object]) -> _Request:
    whole = effective_values(values, defaults)
    config = HubConfig(whole)
    return _Request(config, chart_traits(whole, config))


def _plain(value: object) -> object:
    """Return a value as JSON has it, or `_UNKNOWN`."""
    if isinstance(value, Mapping):
        inner = {str(name): _plain(one) for name, one in value.items()}
        return _UNKNOWN if any(one is _UNKNOWN for one in inner.values()) else inner
    if isinstance(value, list | tuple | set | frozenset):
        listed = [_plain(one) for one in (sorted(value, key=str) if isinstance(value, set | frozenset) else value)]
        return _UNKNOWN if any(one is _UNKNOWN for one in listed) else listed
    return value if isinstance(value, str | bool | int | float | None) else _UNKNOWN


def _violations(request: _Request, judged: Judgement, index: int) -> Iterator[SchemaViolation]:
    placed = {one.trait: one.path for one in request.traits}
    for one in judged.findings[index]:
        path = placed.get((one.owner, one.trait), (*CONFIG, *filter(None, (one.owner, one.trait))))
        below = () if path == _CODE else one.below
        why = _why(one, judged, request)
        is_certain = one.kind in (FindingKind.TYPE, FindingKind.LOAD) and not _is_doubted(one, request.config)
        yield SchemaViolation(str(violation_at((*path, *below), "").path), why, one.near, breaks=is_certain)


def _in_words(expected: str) -> str:
    for pattern, words in _TYPES:
        expected = pattern.sub(words, expected)
    return expected


def _is_doubted(one: ClassFinding, config: HubConfig) -> bool:
    """Return True if code that was not read may make it right: another trait, too, where they are judged together."""
    if config.code.may_set(one.owner, one.trait):
        return True
    together = one.kind is FindingKind.LOAD and (not one.trait or one.owner in config.authenticators)
    owners = {one.owner, ANY, *(config.authenticators if one.owner in config.authenticators else ())}
    return together and any(owner in owners for owner, _ in config.code.doubted)


def _why(one: ClassFinding, judged: Judgement, request: _Request) -> str:
    judge = judged.judge_of(one.owner)
    match one.kind:
        case FindingKind.TYPE:
            why = f"must be {_in_words(one.text)} for {judge}"
        case FindingKind.LOAD:
            why = f"is refused by {judge}: “{one.text}”"
        case FindingKind.UNKNOWN:
            suggestion = f" (did you mean {one.near}?)" if one.near else ""
            return f"has no effect: {one.text} has no such setting{suggestion}"
        case FindingKind.MISSING:
            return f"names “{one.text}”, which the bot does not have: its settings were not checked"
    if _is_doubted(one, request.config):
        return f"{why}, unless code that the bot does not run ({request.config.unread[0]}) sets something else"
    return why
