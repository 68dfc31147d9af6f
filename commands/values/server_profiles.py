"""The servers that users can start, by KubeSpawner's profiles and the choices in them. Pure.

Source: KubeSpawner 7.1 (`spawner.py`, _get_initialized_profile_list, _load_profile, _apply_overrides).
"""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import islice, product
from typing import Any, Final

from commands.values.kubespawner_traits import mapping_at
from commands.values.server_pod import Json, UnrenderableError, server_pod
from commands.values.spawner_config import Installation, Traits, spawner_traits
from commands.values.trait_types import TRAITS

# As many servers are rendered, and as many choices of one profile taken together; beyond that one at a time.
MOST: Final = 64
_MOST_TOGETHER: Final = 12
_LONGEST: Final = 60


@dataclass(frozen=True)
class Server:
    """A server that somebody can start: its profile (empty without profiles), and what was chosen in it.

    `pod` is None where `why` says that KubeSpawner would not make one; `mistyped` if that is a trait's wrong type,
    which `commands.values.type_checks` finds as well.
    """

    profile: str
    choices: tuple[str, ...]
    pod: Json | None = field(repr=False)
    why: str = ""
    mistyped: bool = False

    @property
    def name(self) -> str:
        """The profile and its choices, as a card names them."""
        chosen = f" with {', '.join(self.choices)}" if self.choices else ""
        return f"{self.profile}{chosen}"


@dataclass(frozen=True)
class Servers:
    """The servers, at most MOST, how many more there would be, and the options of which people type the choice."""

    rendered: tuple[Server, ...]
    left_out: int = 0
    typed: tuple[str, ...] = ()


def servers(values: Mapping[str, object], here: Installation) -> Servers:
    """Return the servers by the values, merged with the chart's defaults."""
    base = spawner_traits(values, here)
    profiles = _profiles(base.pop("profile_list", None))
    if not profiles:
        return Servers((_server("", (), base),))
    ways = [way for profile in profiles for way in _ways(profile)]
    made = tuple(_server(*_chosen(base, *way)) for way in islice(ways, MOST))
    typed = tuple(f"{_name(one)}, {option}" for one in profiles for option in _typed(one))
    return Servers(made, len(ways) - len(made), typed)


def _profiles(given: object) -> list[Mapping[str, Any]]:
    if isinstance(given, Mapping):
        given = [given[name] for name in sorted(given, key=str)]
    return [one for one in given if isinstance(one, Mapping)] if isinstance(given, list) else []


_Choice = tuple[str, str, Mapping[str, Any]]
_Way = tuple[Mapping[str, Any], tuple[_Choice, ...], frozenset[str]]


def _ways(profile: Mapping[str, Any]) -> Iterator[_Way]:
    """Yield the ways to start it: a choice of each option, and the options in which it is not the default."""
    offered = [_choices(name, one) for name, one in mapping_at(profile, "profile_options").items()]
    offered = [choices for choices in offered if choices]
    number = 1
    for choices in offered:
        number *= len(choices)
    if number <= _MOST_TOGETHER:
        together = list(product(*offered))
    else:
        usual = tuple(choices[0] for choices in offered)
        others = [(place, one) for place, choices in enumerate(offered) for one in choices[1:]]
        together = [usual, *((*usual[:place], one, *usual[place + 1 :]) for place, one in others)]
    defaults = {choices[0][:2] for choices in offered}
    for chosen in together:
        yield profile, chosen, frozenset(option for option, name, _ in chosen if (option, name) not in defaults)


def _choices(option: str, config: object) -> list[_Choice]:
    """Return the choices, the default one first."""
    given = mapping_at(config, "choices").items()
    found = [(str(option), str(name), one) for name, one in given if isinstance(one, Mapping)]
    default = next((place for place, one in enumerate(found) if one[2].get("default")), 0)
    return [found[default], *found[:default], *found[default + 1 :]] if found else []


def _typed(profile: Mapping[str, Any]) -> Iterator[str]:
    for name, config in mapping_at(profile, "profile_options").items():
        if mapping_at(config, "unlisted_choice").get("enabled"):
            yield str(name)


def _chosen(
    base: Traits, profile: Mapping[str, Any], chosen: tuple[_Choice, ...], unusual: frozenset[str]
) -> tuple[str, tuple[str, ...], Traits]:
    traits = deepcopy(base)
    for override in (profile, *(config for _, _, config in chosen)):
        _override(traits, mapping_at(override, "kubespawner_override"))
    named = tuple(f"{option}: {_short(name)}" for option, name, _ in chosen if option in unusual)
    return _name(profile), named, traits


def _override(traits: Traits, override: Mapping[str, object]) -> None:
    """Apply an override as KubeSpawner does: mappings are merged, and a null in one removes."""
    for trait, value in deepcopy(dict(override)).items():
        present = traits.get(trait)
        if isinstance(value, Mapping) and (isinstance(present, dict) or present is None):
            traits[trait] = _merged(present or {}, value)
        else:
            traits[trait] = value


def _merged(target: dict[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    for name, value in new.items():
        if isinstance(value, Mapping):
            below = target.get(name)
            target[name] = _merged(below if isinstance(below, dict) else {}, value)
        elif value is None:
            target.pop(name, None)
        else:
            target[name] = value
    return target


def _server(profile: str, choices: tuple[str, ...], traits: Traits) -> Server:
    wrong = [f"{name} {why}" for name, why in _mistyped(traits)]
    if wrong:
        return Server(profile, choices, None, wrong[0], mistyped=True)
    try:
        return Server(profile, choices, server_pod(traits))
    except UnrenderableError as error:
        return Server(profile, choices, None, str(error))
    except (TypeError, ValueError, AttributeError, LookupError):
        return Server(profile, choices, None, "a trait of KubeSpawner has a value of another type than it takes")


def _mistyped(traits: Traits) -> Iterator[tuple[str, str]]:
    for name, value in traits.items():
        if value is not None and name in TRAITS and name != "image" and (why := TRAITS[name](value)):
            yield name, why


def _name(profile: Mapping[str, Any]) -> str:
    return _short(str(profile.get("display_name") or profile.get("slug") or "a profile without a name"))


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
