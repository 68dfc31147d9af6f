"""Plans, results and views as JSON and back, by their types: what a crash must not lose."""

import json
from collections.abc import Callable
from functools import cache, partial
from types import NoneType
from typing import Any, Final, cast, get_type_hints

from pydantic import TypeAdapter

from cards.times import decoded, encoded
from cards.views import Failure, Help, Notice, Plan, Progress, Request, Status, View

_VIEWS: Final = {kind.__name__: kind for kind in (Notice, Status, Plan, Request, Progress, Failure, Help)}


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:  # noqa: ANN401 - a type hint is any object
    return TypeAdapter(kind)


def returned(function: Callable[..., Any]) -> Any:  # noqa: ANN401 - a type hint is any object
    """The type that `function` says it returns. Raises TypeError where it says nothing."""
    inner = function.func if isinstance(function, partial) else function
    hints = get_type_hints(inner if hasattr(inner, "__annotations__") else type(inner).__call__)
    if "return" not in hints:
        raise TypeError(f"{getattr(inner, '__qualname__', inner)} does not say what it returns")
    return hints["return"]


def dump(kind: Any, value: object) -> Any:  # noqa: ANN401 - a type hint is any object; the answer is JSON's
    """`value`, of type `kind`, as values that JSON knows."""
    return None if kind in (None, NoneType) else _adapter(kind).dump_python(value, mode="json")


def load(kind: Any, content: object) -> Any:  # noqa: ANN401 - see dump
    """What `dump` was given. Raises pydantic.ValidationError where `content` does not fit."""
    return None if kind in (None, NoneType) else _adapter(kind).validate_python(content)


def dump_view(view: View) -> str:
    """A view as text."""
    kind = type(view)
    return json.dumps({"kind": kind.__name__, "view": dump(kind, encoded(view))}, ensure_ascii=False)


def load_view(text: str) -> View:
    """The view that `dump_view` was given."""
    content = json.loads(text)
    return decoded(cast("View", load(_VIEWS[content["kind"]], content["view"])))
