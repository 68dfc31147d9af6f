"""The effects of changed Helm values, found by the rules of `commands.values.effect_rules`. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Final

from clients.values import dotted
from commands.framework.effects import Effect, Impact, ordered
from commands.values.diff import differing
from commands.values.effect_conditions import EffectiveChange
from commands.values.effect_rules import RULES, Pattern, Rule

# A sentence names this many values; the card lists all of them.
_NAMED: Final = 4


def watched() -> Mapping[Effect, tuple[str, ...]]:
    """Return the paths that are watched for each effect, as people write them; a star stands for any name."""
    found: dict[Effect, dict[str, None]] = {}
    for rule in RULES:
        found.setdefault(rule.effect, {}).update(dict.fromkeys(".".join(path) for path in rule.paths))
    return {effect: tuple(paths) for effect, paths in found.items()}


def value_effects(
    before: Mapping[str, object], after: Mapping[str, object], *, homes_stay: bool = False
) -> tuple[Impact, ...]:
    """Return the effects of replacing the values `before` by `after`, both merged with the chart's defaults.

    With `homes_stay` it is known that everybody finds their home where it was.
    """
    rules = [one for one in RULES if not (homes_stay and one.moves_homes)]
    # To a chart's templates null is the same as nothing.
    changes = [
        EffectiveChange(path, old, new) for path, old, new in differing(before, after) if (old, new) != (None, None)
    ]
    return ordered(tuple(impact for rule in rules for impact in _impacts(rule, changes, after)))


def _impacts(rule: Rule, changes: Sequence[EffectiveChange], after: Mapping[str, object]) -> Iterator[Impact]:
    paths = [one.path for one in changes if _hit(rule, one) and rule.matters(one, after)]
    if paths:
        yield Impact(rule.effect, rule.sentence.format(names=_names(paths)))


def _hit(rule: Rule, change: EffectiveChange) -> bool:
    """Return True if the value is at or below a path of the rule, or is a mapping above one that was replaced."""
    holds = isinstance(change.before, Mapping) or isinstance(change.after, Mapping)
    return any(
        _meet(pattern, change.path) and (holds or len(change.path) >= len(pattern)) for pattern in rule.paths
    ) and not any(_meet(pattern, change.path) and len(change.path) >= len(pattern) for pattern in rule.but)


def _meet(pattern: Pattern, path: tuple[str, ...]) -> bool:
    return all(fnmatchcase(name, part) for name, part in zip(path, pattern, strict=False))


def _names(paths: Sequence[Pattern]) -> str:
    named = list(dict.fromkeys(dotted(path) for path in paths))
    left = len(named) - _NAMED
    return ", ".join(named[:_NAMED]) + (f" and {left} more" if left > 0 else "")
