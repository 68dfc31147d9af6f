"""Code in values that is no Python: what is certain breaks the hub, what newer Python may know does not."""

import pytest

from commands.values import python_errors
from commands.values.python_syntax import MOST_TEXT
from commands.values.schema_errors import SchemaViolation
from commands.values.type_checks import malformed


def found(text, **more):
    return malformed({"hub": {"extraConfig": {"99-x": text}, **more}}, {})


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("c.KubeSpawner.foo = (", 1),
        ("c.A.b = 1\nc.A.c = 'x", 2),
        ("c.A.b = 1)", 1),
        ("if True:\nc.A.b = 1", 2),
        ("def f():\n\tpass\n        pass", 3),
        ("c.A.b = = 3", 1),
        ("\nif x\n    pass", 2),
        ("hello world", 1),
        ("print 'x'", 1),
        ("c.A.b = “x”", 1),
        ("return 3", 1),
        ("match x:\n    case 1:\n        c.A.b = [", 3),
        ('a = f"{b}"\nc.A.b = [', 2),
        ("a = 1\0", 1),
    ],
)
def test_what_no_python_accepts_breaks_the_hub_and_has_its_line(text, line):
    (one,) = found(text)
    assert (one.path, one.breaks) == ("hub.extraConfig.99-x", True)
    assert one.why.startswith(f"is not Python (line {line}: ")
    assert one.why.endswith("the hub would not start")


@pytest.mark.parametrize(
    "text",
    [
        "try:\n    pass\nexcept A, B:\n    pass",
        "type X = = int",
        "def f[T](x) -> = 1",
        "class A[T] = 1",
        'x = f"{a[" = "]}"',
        "x = t'{a}' t = 'b'",
        "lazy import os = 1",
    ],
)
def test_what_newer_python_may_know_is_a_warning(text):
    (one,) = found(text)
    assert not one.breaks
    assert python_errors.is_doubted_code(one)
    assert one.why.endswith("unless its Python is newer and knows this")


@pytest.mark.parametrize(
    "text", ["", "# only a comment", "c.A.b = 1\n", r"a = '\d'", "x is 'a'", "client_id: abc", "import os; os.getpid()"]
)
def test_python_is_no_mistake(text):
    assert found(text) == ()


@pytest.mark.parametrize("text", ["(" * 1000, "(\n" + "# a\n" * MOST_TEXT])
def test_what_is_too_long_or_too_deep_is_not_judged(text):
    assert found(text) == ()


@pytest.mark.parametrize(
    ("path", "is_told"),
    [
        ("/usr/local/etc/jupyterhub/jupyterhub_config.d/a.py", True),
        ("/usr/local/etc/jupyterhub/jupyterhub_config.d/a.txt", False),
        ("/etc/a.py", False),
    ],
)
def test_files_that_the_hub_loads_are_judged_as_well(path, is_told):
    files = {"a": {"mountPath": path, "stringData": "c.A.b = ("}, "b": {"mountPath": path, "data": {"c": 1}}}
    assert [one.path for one in found("", extraFiles=files)] == ["hub.extraFiles.a"] * is_told


def test_other_mistakes_are_not_taken_for_doubted_code():
    assert not python_errors.is_doubted_code(SchemaViolation("a", "is not Python (line 1: x): the hub would not start"))


def test_what_looks_like_a_secret_is_not_in_the_words():
    (one,) = found("token = ghp_abcdefghijklmnopqrstuvwxyz0123456789 'x")
    assert "ghp_" not in str(one)
