"""Checks of KubeSpawner's profiles in Helm values, with their options and choices. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from clients.values import Path
from commands.values.kubespawner_traits import (
    Traits,
    located,
    mapping_at,
    trait_violations,
    uneven_resources,
    with_resources,
)
from commands.values.schema_errors import SchemaViolation, violation_at

# The name of a profile's traits; in a choice that people type themselves they may contain what was typed.
_OVERRIDE: Final = "kubespawner_override"
_TYPED: Final = "{"


def profile_violations(profiles: object, path: Path, traits: Traits) -> Iterator[SchemaViolation]:
    """Yield what is wrong with the profiles. `traits` are those of a server without a profile."""
    if not isinstance(profiles, list):
        return
    for index, profile in enumerate(profiles):
        item = (*path, index)
        if not isinstance(profile, Mapping):
            yield violation_at(item, "must be a profile: names such as display_name and kubespawner_override")
            continue
        if not isinstance(profile.get("display_name"), str) and not isinstance(profile.get("slug"), str):
            yield violation_at(
                item, "must have a display_name, which is a text: nobody could start a server without it"
            )
        override, found = _override(profile, item, traits)
        yield from found
        yield from _options(profile.get("profile_options"), (*item, "profile_options"), override)


def _override(holder: Mapping[str, object], path: Path, traits: Traits) -> tuple[Traits, list[SchemaViolation]]:
    """Return the traits of a server with the override of the profile or choice, and what is wrong with that."""
    path, own = (*path, _OVERRIDE), holder.get(_OVERRIDE)
    if own is None:
        return traits, []
    if not isinstance(own, Mapping):
        return traits, [violation_at(path, "must be a mapping of names")]
    placed = {
        name: one
        for name, one in located(own, path).items()
        if not (path[-2] == "unlisted_choice" and isinstance(one[1], str) and _TYPED in one[1])
    }
    made = with_resources(traits, placed)
    return made, [*trait_violations(placed), *uneven_resources(made, among=frozenset(placed))]


def _options(options: object, path: Path, traits: Traits) -> Iterator[SchemaViolation]:
    if options is None:
        return
    if not isinstance(options, Mapping):
        yield violation_at(path, "must be a mapping of names")
        return
    for name, option in options.items():
        option_path = (*path, str(name))
        if not isinstance(option, Mapping):
            yield violation_at(option_path, "must be an option: names such as display_name and choices")
            continue
        # What the other options set is unknown here: it depends on what a user chooses.
        others = _set_by(one for key, one in options.items() if key != name)
        left = {trait: one for trait, one in traits.items() if trait not in others}
        yield from _choices(option, option_path, left)


def _set_by(options: Iterable[object]) -> set[str]:
    """Return the traits that choices of these options set."""
    return {
        str(trait)
        for option in options
        for choice in (*mapping_at(option, "choices").values(), mapping_at(option, "unlisted_choice"))
        for trait in mapping_at(choice, _OVERRIDE)
    }


def _choices(option: Mapping[str, object], path: Path, traits: Traits) -> Iterator[SchemaViolation]:
    choices = option.get("choices")
    if choices is not None and not isinstance(choices, Mapping):
        yield violation_at((*path, "choices"), "must be a mapping of names")
        return
    for name, choice in mapping_at(option, "choices").items():
        choice_path = (*path, "choices", str(name))
        if isinstance(choice, Mapping):
            yield from _override(choice, choice_path, traits)[1]
        else:
            yield violation_at(choice_path, "must be a choice: names such as display_name and kubespawner_override")
    yield from _override(mapping_at(option, "unlisted_choice"), (*path, "unlisted_choice"), traits)[1]
