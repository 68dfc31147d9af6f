"""Descriptions of the settings: the docstrings below the fields in bot/config, read when they are asked for.

pydantic can take them up as each class is made (`use_attribute_docstrings`): every start of the bot would read and
parse its own source for what only those ask for who write or check a configuration.
"""

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import get_args

from pydantic import BaseModel

import bot.config


@cache
def describe() -> None:
    """Give the field of each setting its docstring as its description."""
    said: dict[str, str] = {}
    models: list[type[BaseModel]] = []
    for found in pkgutil.iter_modules(bot.config.__path__, "bot.config."):
        module = importlib.import_module(found.name)
        for node in ast.parse(inspect.getsource(module)).body:
            if isinstance(node, ast.ClassDef) and issubclass(model := getattr(module, node.name), BaseModel):
                said |= {f"{node.name}.{name}": text for name, text in _docstrings(node)}
                models.append(model)
    # A model is rebuilt after those that it has fields of and inherits from: the settings as a whole come last.
    for model in sorted(models, key=_depth):
        _tell(model, said)


def _depth(model: type[BaseModel]) -> int:
    return 1 + max((_depth(part) for part in _parts(model)), default=0)


def _parts(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for field in model.model_fields.values():
        for kind in _flat(field.annotation):
            if isinstance(kind, type) and issubclass(kind, BaseModel) and kind is not model:
                yield kind


def _flat(annotation: object) -> Iterator[object]:
    yield annotation
    for inner in get_args(annotation):
        yield from _flat(inner)


def _docstrings(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for field, below in pairwise(node.body):
        match field, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                yield name, inspect.cleandoc(text)


def _tell(model: type[BaseModel], said: dict[str, str]) -> None:
    for name, field in model.model_fields.items():
        places = (f"{parent.__name__}.{name}" for parent in model.__mro__)
        field.description = next((said[place] for place in places if place in said), None)
    # What was built from the fields before, the JSON schema's source among it, knows nothing of them.
    model.model_rebuild(force=True)
