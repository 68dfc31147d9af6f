"""Violations of a chart's JSON schema, by path and expected type, never with a value in the text.

Helm validates the values merged with the chart's defaults, so the same is validated here.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from clients.errors import Unavailable

if TYPE_CHECKING:
    from jsonschema import ValidationError

_NEAR: Final = 0.75
_LONGEST: Final = 120


@dataclass(frozen=True)
class SchemaViolation:
    """One thing that helm would refuse: its path, and what is expected there instead.

    `near` is the name that an unknown one was likely meant to be. `breaks` says that the value is certain to be
    refused; the rest is refused by somebody else, later, or is merely odd.
    """

    path: str
    why: str
    near: str = ""
    breaks: bool = True

    def __str__(self) -> str:
        return f"{self.path} {self.why}"


def schema_violations(
    values: Mapping[str, object], defaults: Mapping[str, object], schema: Mapping[str, object] | None
) -> tuple[SchemaViolation, ...]:
    """Return all violations by path; none if the chart has no schema. Raise Unavailable for an unusable schema."""
    if schema is None:
        return ()
    # Rarely needed, and slow to import: a second and more with the format checkers that may be installed.
    from jsonschema import Draft7Validator, SchemaError  # noqa: PLC0415

    try:
        Draft7Validator.check_schema(schema)
        errors = Draft7Validator(schema).iter_errors(coalesced(values, defaults))
        return tuple(sorted({one for error in errors for one in _violations(error)}, key=str))
    except (SchemaError, RecursionError, re.error) as error:
        raise Unavailable("The chart", "has a schema that cannot be used") from error


def violation_at(path: Sequence[str | int], why: str, *, breaks: bool = True) -> SchemaViolation:
    """Return the violation for the value at a path."""
    return SchemaViolation(_dotted(path), why, breaks=breaks)


def coalesced(values: Mapping[str, object], defaults: Mapping[str, object]) -> dict[str, object]:
    """Merge the values into the chart's defaults, as helm does: mappings recursively, null removes a default.

    A null without a default stays, as in helm: the schema is applied to it. Helm 3.22 also keeps a null over a default
    that is null, and helm 4.2 drops such defaults: to templates it is the same, and helm's dry run has the last word.
    """
    made = dict(defaults)
    for name, value in values.items():
        default = defaults.get(name)
        if value is None and name in defaults:
            del made[name]
        elif isinstance(value, Mapping) and isinstance(default, Mapping):
            made[name] = coalesced(value, default)
        else:
            made[name] = value
    return made


def effective_values(values: Mapping[str, object], defaults: Mapping[str, object]) -> dict[str, object]:
    """Return the values that the chart's templates see, to which null is the same as nothing.

    Helm 4.2 and newer record a chart's defaults without its nulls, helm 3 with them.
    """
    return _without_nulls(coalesced(values, defaults))


def _without_nulls(values: Mapping[str, object]) -> dict[str, object]:
    return {
        name: _without_nulls(value) if isinstance(value, Mapping) else value
        for name, value in values.items()
        if value is not None
    }


def _violations(error: "ValidationError") -> Iterator[SchemaViolation]:
    path = _dotted(error.absolute_path)
    if error.validator == "additionalProperties" and isinstance(error.instance, Mapping):
        known, patterns = _names(error.schema, "properties"), _names(error.schema, "patternProperties")
        for name in error.instance:
            if name not in known and not any(re.search(pattern, str(name)) for pattern in patterns):
                near = get_close_matches(str(name), known, 1, _NEAR)
                suggestion = f" (did you mean {near[0]}?)" if near else ""
                yield SchemaViolation(
                    f"{path}.{_short(name)}".lstrip("."), f"is unknown to the chart{suggestion}", "".join(near)
                )
    else:
        yield SchemaViolation(path or "the values", _why(error))


def _names(schema: object, keyword: str) -> list[str]:
    names = schema.get(keyword) if isinstance(schema, Mapping) else None
    return list(names) if isinstance(names, Mapping) else []


def _why(error: "ValidationError") -> str:
    """Return what is expected, from the schema alone: it is in the chart author's words and holds no secrets."""
    wanted = error.validator_value
    match error.validator:
        case "type" | "enum" | "const":
            options = ["“”" if one == "" else one for one in (wanted if isinstance(wanted, list) else [wanted])]
            verb = "must be" if len(options) == 1 or error.validator == "type" else "must be one of"
            return f"{verb} {(' or ' if error.validator == 'type' else ', ').join(map(_short, options))}"
        case "required":
            given = error.instance if isinstance(error.instance, Mapping) else {}
            return f"must have {', '.join(str(name) for name in _listed(wanted) if name not in given)}"
        case "minimum" | "maximum" | "minLength" | "maxLength" | "minItems" | "maxItems":
            return f"breaks a limit: {error.validator} is {wanted}"
        case "oneOf" if names := _alternatives(wanted):
            return f"must have exactly one of {', '.join(names)}"
        case _:
            return "does not have the form that the chart requires"


def _alternatives(schemas: object) -> list[str]:
    """Return the names of which exactly one is required, if that is all that the alternatives say."""
    found = [_listed(one.get("required")) for one in _listed(schemas) if isinstance(one, Mapping) and len(one) == 1]
    only = [str(names[0]) for names in found if len(names) == 1]
    return only if only and len(only) == len(_listed(schemas)) else []


def _listed(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else []


def _dotted(path: Sequence[str | int]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{_short(part)}" for part in path).lstrip(".")


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
