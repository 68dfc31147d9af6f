"""What each setting is for: the docstrings below the fields in bot/config/settings.py, read when they are asked for.

pydantic can take them up as each class is made (`use_attribute_docstrings`): every start of the bot would read and
parse its own source for what only those ask for who write or check a configuration.
"""

import ast
import inspect
from collections.abc import Iterator
from functools import cache
from itertools import pairwise

from pydantic import BaseModel

from bot.config import settings as config


@cache
def describe() -> None:
    """Give the field of each setting its docstring as its description."""
    said: dict[str, str] = {}
    for node in ast.parse(inspect.getsource(config)).body:
        if isinstance(node, ast.ClassDef) and issubclass(model := getattr(config, node.name), BaseModel):
            said |= {f"{node.name}.{name}": text for name, text in _docstrings(node)}
            _tell(model, said)


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
