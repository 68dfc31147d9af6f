"""What is wrong with a card, by Microsoft's typed classes read strictly.

No package of ours ships Adaptive Cards' JSON schema, and the published one knows none of Teams' own elements. The
classes of `microsoft-teams-cards` are generated from Teams' schema; here their "extra fields are fine" is taken back.
"""

from collections.abc import Iterator
from typing import get_args

import microsoft_teams.cards as ac
from pydantic import BaseModel, ValidationError

# Elements of Adaptive Cards 1.5 (https://adaptivecards.io/explorer/); any other must say what stands in for it.
BASIC = frozenset(
    {
        "AdaptiveCard",
        "Action.Execute",
        "Action.OpenUrl",
        "ColumnSet",
        "Column",
        "Container",
        "FactSet",
        "Input.Text",
        "RichTextBlock",
        "Table",
        "TableCell",
        "TableRow",
        "TextBlock",
        "TextRun",
    }
)


def problems(card: dict[str, object]) -> list[str]:
    """One line for each thing in `card` that Teams' schema does not have. Empty for a valid card."""
    return list(_problems(ac.AdaptiveCard, card, "card"))


def elements(value: object) -> Iterator[dict[str, object]]:
    """Everything in `value` that has a type: elements, actions, rows, runs."""
    left = [value]
    while left:
        match left.pop():
            case dict() as one:
                if isinstance(one.get("type"), str):
                    yield one
                left += reversed(one.values())
            case list() as several:
                left += reversed(several)


def _problems(kind: type[BaseModel], value: dict[str, object], path: str) -> Iterator[str]:
    try:
        model = kind.model_validate(value)
    except ValidationError as error:
        yield f"{path}: {error}"
        return
    yield from (f"{path}: {kind.__name__} has no {name}" for name in model.model_extra or {})
    for name, field in kind.model_fields.items():
        alias = str(field.serialization_alias or name)
        inner = getattr(model, name)
        for number, child in enumerate(inner if isinstance(inner, list) else [inner]):
            if isinstance(child, BaseModel) and not isinstance(child, ac.SubmitActionData):
                given = value[alias]
                raw = given[number] if isinstance(given, list) else given
                yield from _problems(_concrete(type(child), raw), raw, f"{path}.{alias}[{number}]")


def _concrete(kind: type[BaseModel], raw: dict[str, object]) -> type[BaseModel]:
    return _BY_TYPE[str(raw["type"])] if kind in (ac.CardElement, ac.Action) else kind


_BY_TYPE: dict[str, type[BaseModel]] = {
    get_args(kind.model_fields["type"].annotation)[0]: kind
    for kind in vars(ac).values()
    if isinstance(kind, type) and issubclass(kind, ac.CardElement | ac.Action) and "type" in kind.model_fields
}
