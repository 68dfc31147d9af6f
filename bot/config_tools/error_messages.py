"""Error messages about settings for whoever typed them: what may stand there, and what was probably meant.

What was typed is never repeated, but the name of a setting: it may be a secret in the wrong place.
"""

from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from typing import Any, Final

from pydantic_core import ErrorDetails

from bot.config.environment import variable_of
from bot.config.settings import Settings
from bot.config_tools.introspection import Path, at, choices, field_at, is_section

_NAMES_SHOWN: Final = 12
_ODD_KEYS: Final = 60
_SECRETS: Final = ("password", "secret", "token", "key", "credential")


def explained(error: ErrorDetails, *, by_variable: bool = False) -> str:
    """Return the mistake in a sentence without its place. With `by_variable`, near names are said as variables."""
    path, kind = error["loc"], error["type"]
    if kind == "extra_forbidden":
        return _unknown(path, by_variable=by_variable)
    said = _SAID.get(kind)
    return said(error) if said else _first_down(error["msg"])


def _unknown(path: Path, *, by_variable: bool) -> str:
    name, above = str(path[-1])[:_ODD_KEYS], at(path[:-1])
    known = list(above.model_fields) if is_section(above) else []
    what = "no such section" if len(path) == 1 else "no such setting"
    near = nearest(name, known)
    if near:
        meant = variable_of((*path[:-1], near)) if by_variable else near
        return f"{what}: did you mean {meant}?"
    elsewhere = [section for section in Settings.model_fields if _has(section, name)]
    if elsewhere:
        return f"{what} here; it belongs under {' or '.join(elsewhere)}"
    if any(word in name.lower() for word in _SECRETS):
        return f"{what}, and secrets are never written here; the settings are {listed(known, 'and')}"
    return f"{what}; there are {listed(known, 'and')}"


def _has(section: str, name: str) -> bool:
    inner = at((section,))
    return is_section(inner) and name in inner.model_fields


def nearest(given: object, known: Iterable[str]) -> str:
    """Return what was probably meant; an empty string where nothing is close."""
    by_lower = {one.lower(): one for one in known}
    found = get_close_matches(str(given).lower(), by_lower, 1, 0.7)
    return by_lower[found[0]] if found else ""


def listed(names: Iterable[str], last: str = "or") -> str:
    """Return `a, b or c`; many are cut."""
    given = list(names)
    if len(given) > _NAMES_SHOWN:
        return f"{', '.join(given[:_NAMES_SHOWN])} … ({len(given)} in all)"
    return f" {last} ".join([", ".join(given[:-1]), given[-1]] if len(given) > 1 else given)


def _choice(error: ErrorDetails) -> str:
    known = choices(at(error["loc"]))
    near = nearest(error["input"], known)
    what = f"must be {listed(one or 'empty' for one in known)}"
    return f"{what}; did you mean {near}?" if near else what


def _form(error: ErrorDetails) -> str:
    if error["loc"][-1:] == ("[key]",):
        return "is not a valid name: use up to 20 lower-case letters, digits and hyphens, starting with a letter"
    field = field_at(error["loc"])
    described = f" Expected: {_first_down(field.description)}" if field and field.description else ""
    return f"does not have the right form.{described}"


def _mapping(error: ErrorDetails) -> str:
    inner = at(error["loc"])
    example = next(iter(inner.model_fields)) if is_section(inner) else "name"
    if error["input"] is None:
        return f"is empty: remove it, or write settings below it, indented, such as “{example}: …”"
    return f"must contain settings, indented below it, such as “{example}: …”"


def _value(error: ErrorDetails) -> str:
    context: Mapping[str, Any] = error.get("ctx", {})
    return str(context.get("error", error["msg"]))


def _number(error: ErrorDetails) -> str:
    return _first_down(error["msg"]).replace("input ", "")


def _first_down(text: str) -> str:
    return text[:1].lower() + text[1:]


def _say(text: str) -> Callable[[ErrorDetails], str]:
    return lambda _error: text


_SAID: Final[Mapping[str, Callable[[ErrorDetails], str]]] = {
    "literal_error": _choice,
    "string_pattern_mismatch": _form,
    "model_type": _mapping,
    "model_attributes_type": _mapping,
    "dict_type": _mapping,
    "value_error": _value,
    "missing": _say("is missing"),
    "string_type": _say("must be text: put it in quotation marks"),
    "string_too_short": _say("must not be empty"),
    "tuple_type": _say("must be a list, as in [one, two]"),
    "int_parsing": _say("must be a whole number"),
    "int_type": _say("must be a whole number"),
    "int_from_float": _say("must be a whole number"),
    "bool_parsing": _say("must be true or false"),
    "bool_type": _say("must be true or false"),
    "path_type": _say("must be the path of a file"),
    "greater_than_equal": _number,
    "less_than_equal": _number,
    "time_delta_type": _say("must be a duration, such as 30s, 10m, 4h or 14d"),
    "greater_than": _say("must be longer than zero"),
}
