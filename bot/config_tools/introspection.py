"""The settings as a model: what may stand where, and what each is for."""

import types
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, Literal, TypeGuard, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from bot.config.settings import FurtherHub, Settings
from bot.config_tools.descriptions import describe

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class SettingField:
    """Setting, by its path; a key that people choose is `*` there."""

    path: tuple[str, ...]
    field: FieldInfo

    @property
    def dotted(self) -> str:
        """The path as it is written about: teams.port."""
        return ".".join(self.path)


def settings() -> Iterator[SettingField]:
    """Yield all settings, in the order of their declaration; a further hub's sections whole, as they stand above."""
    describe()
    yield from _below(Settings, ())


def _below(model: type[BaseModel], path: tuple[str, ...]) -> Iterator[SettingField]:
    for name, field in model.model_fields.items():
        inner, key = _inside(field.annotation)
        here = (*path, name, *key)
        if inner is None:
            yield SettingField((*path, name), field)
        else:
            if path:
                yield SettingField((*path, name), field)
            if model is not FurtherHub:
                yield from _below(inner, here)


def _inside(annotation: object) -> tuple[type[BaseModel] | None, tuple[str, ...]]:
    """Return the sections that stand in a setting, and the key that leads to each of them."""
    plain = bare(annotation)
    if is_section(plain):
        return plain, ()
    if get_origin(plain) in (dict, tuple):
        args = get_args(plain)
        item = bare(args[1] if get_origin(plain) is dict else args[0])
        if is_section(item):
            return item, ("*",)
    return None, ()


def held(section: BaseModel, path: Path = ()) -> Iterator[tuple[Path, object]]:
    """Yield what is set, however deep: each value with its path."""
    for name in type(section).model_fields:
        yield from _held(getattr(section, name), (*path, name))


def _held(value: object, path: Path) -> Iterator[tuple[Path, object]]:
    inner: Iterable[tuple[str | int, object]] = ()
    match value:
        case BaseModel():
            yield from held(value, path)
            return
        case dict():
            inner = value.items()
        case tuple():
            inner = enumerate(value)
        case _:
            yield path, value
    for key, one in inner:
        yield from _held(one, (*path, key))


def at(path: Path) -> object:
    """Return the type of what stands at a path, without what may be absent; None where nothing can."""
    there: object = Settings
    for part in path:
        there = bare(_step(there, part))
    return there


def _step(there: object, part: str | int) -> object:
    if is_section(there):
        field = there.model_fields.get(str(part))
        return field.annotation if field else None
    if get_origin(there) is dict:
        return get_args(there)[1]
    if get_origin(there) is tuple:
        return get_args(there)[0]
    return None


def field_at(path: Path) -> FieldInfo | None:
    """Return the declaration of the setting at a path, or None."""
    describe()
    above = at(path[:-1]) if path else None
    return above.model_fields.get(str(path[-1])) if is_section(above) else None


def is_section(there: object) -> TypeGuard[type[BaseModel]]:
    """Return True if it has settings in it."""
    return isinstance(there, type) and issubclass(there, BaseModel)


def bare(annotation: object) -> object:
    """Return a type without its constraints, and without None."""
    if get_origin(annotation) is Annotated:
        return bare(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        inner = [one for one in get_args(annotation) if one is not type(None)]
        return bare(inner[0]) if len(inner) == 1 else annotation
    return annotation


def choices(there: object) -> tuple[str, ...]:
    """Return the values that a setting of this type may have; none where they are not listed."""
    return tuple(str(one) for one in get_args(there)) if get_origin(there) is Literal else ()
