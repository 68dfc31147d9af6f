"""What steps are recorded as: work in flight is found again by it, so a name that was once given stays.

`UPDATE_GOLDEN=1` adds the names of new steps. One is only taken out together with the step itself, once no change that
has it can be in flight any more; a better title is a `Renamed` one.
"""

import ast
import os
from pathlib import Path

ROOT = Path(__file__).parents[2] / "commands"
GOLDEN = Path(__file__).parent / "golden" / "steps.txt"
TREES = {
    path.relative_to(ROOT).with_suffix("").as_posix(): ast.parse(path.read_text("utf-8")) for path in ROOT.rglob("*.py")
}


def test_no_recorded_name_has_changed():
    now = sorted({f"{module}: {name}" for module, tree in TREES.items() for name in _names(tree)})
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text("\n".join(now) + "\n", "utf-8")
    assert now == GOLDEN.read_text("utf-8").splitlines()


def _names(tree):
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "step":
                    yield from _texts(node.args[0], function)


def _texts(node, function):
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr():
            parts = (part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
            yield "".join(map(str, parts))
        case ast.IfExp(body=one, orelse=other):
            yield from _texts(one, function)
            yield from _texts(other, function)
        case ast.Call(func=ast.Name(id="Renamed"), args=[_, record]):
            yield from _texts(record, function)
        case ast.Call(func=ast.Name(id=name)):
            (made,) = (one for tree in TREES.values() for one in ast.walk(tree) if _is_named(one, name))
            for one in ast.walk(made):
                if isinstance(one, ast.Return):
                    yield from _texts(one.value, made)
        case ast.Name(id=name):
            given = [one.value for one in ast.walk(function) if isinstance(one, ast.Assign) and _assigns(one, name)]
            assert given, f"{name} is not assigned where it is used as a step's title"
            for one in given:
                yield from _texts(one, function)
        case _:
            raise AssertionError(f"a step's title that this test cannot read: {ast.unparse(node)}")


def _is_named(node, name):
    return isinstance(node, ast.FunctionDef) and node.name == name


def _assigns(node, name):
    return any(isinstance(target, ast.Name) and target.id == name for target in node.targets)
