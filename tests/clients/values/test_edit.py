from difflib import unified_diff
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clients.errors import Rejected
from clients.values import ValueChange, parse
from clients.values.edit import edited, value_at

EXAMPLE = (Path(__file__).parents[3] / "container" / "config.example.yaml").read_text("utf-8")


def leaves(node, path=()):
    if isinstance(node, dict):
        for name, child in node.items():
            yield from leaves(child, (*path, name))
    elif isinstance(node, list):
        for index, child in enumerate(node):
            yield from leaves(child, (*path, index))
    else:
        yield path, node


def difference(before, after):
    return list(unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm=""))[3:]


def test_every_changed_leaf_of_the_example_changes_exactly_its_line():
    for path, value in leaves(parse(EXAMPLE).values):
        new = not value if isinstance(value, bool) else 7 if isinstance(value, int) else "another"
        made = edited(EXAMPLE, [ValueChange(path, value, new)])
        assert value_at(parse(made).values, path) == new
        changed = [line for line in difference(EXAMPLE, made) if not line.startswith("@@")]
        # A block stays one.
        before, after = (len(value.splitlines()) + 1, 2) if isinstance(value, str) and "\n" in value else (1, 1)
        assert [line[0] for line in changed] == ["-"] * before + ["+"] * after, path
        # Its remark stays.
        assert changed[0].partition("#")[2] == changed[1].partition("#")[2]


ODD = """\
# Odd, but YAML.
a:
    b: 1
    c:
    - x
    -   y

l:
  - {p: 1,q:   2}
  - r: 'one'   # quoted
    s: "two"
long: {long}
t: |
  first
  second
""".replace("{long}", "word " * 60)


@pytest.mark.parametrize(
    ("change", "gone", "new"),
    [
        (ValueChange(("a", "b"), 1, 2), ["    b: 1"], ["    b: 2"]),
        (ValueChange(("a", "c", 1), "y", "z"), ["    -   y"], ["    - z"]),
        (ValueChange(("l", 1, "r"), "one", "it's"), ["  - r: 'one'   # quoted"], ["  - r: 'it''s' # quoted"]),
        (ValueChange(("l", 1, "s"), "two", "three"), ['    s: "two"'], ['    s: "three"']),
        (ValueChange(("l", 0, "q"), 2, 3), ["  - {p: 1,q:   2}"], ["  - {p: 1, q: 3}"]),
        (ValueChange(("a", "m"), None, {"k": "v"}), [], ["    m:", "        k: v"]),
        (ValueChange(("a", "n"), None, {"y": "v"}), [], ['    "n":', '        "y": v']),
        (ValueChange(("a", "b"), 1, removed=True), ["    b: 1"], []),
        (ValueChange(("new",), None, "x"), [], ["new: x"]),
        (ValueChange(("a", "b"), 1, None), ["    b: 1"], ["    b: null"]),
    ],
)
def test_an_oddly_laid_out_file_keeps_its_layout(change, gone, new):
    made = edited(ODD, [change])
    lines = [line for line in difference(ODD, made) if not line.startswith("@@")]
    assert [line[1:] for line in lines if line[0] == "-"] == gone
    assert [" ".join(line[1:].split()) for line in lines if line[0] == "+"] == [" ".join(line.split()) for line in new]


@pytest.mark.parametrize(
    "value",
    ["yes", "no", "on", "0755", "7e10", "1_000", "null", "~", "1:30", "0x1F", "1.0", "", "=", "*x", "2020-01-01"],
)
def test_a_text_that_helm_would_take_for_something_else_is_quoted(value):
    made = edited("a: x\nb: 1\n", [ValueChange(("a",), "x", value)])
    assert parse(made).values == {"a": value, "b": 1}
    assert made.splitlines()[0].startswith(('a: "', "a: '"))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", "cull:\n  users: true\n"),
        ("# only a remark", "# only a remark\ncull:\n  users: true\n"),
        ("a: 1", "a: 1\ncull:\n  users: true\n"),
        ("cull:\n", "cull:\n  users: true\n"),
        ("cull: {}\n", "cull:\n  users: true\n"),
        ("cull: {every: 3}\n", "cull: {every: 3, users: true}\n"),
        ("a: 1\r\ncull:\r\n  users: false\r\n", "a: 1\r\ncull:\r\n  users: true\r\n"),
        ("---\ncull:\n  users: false\n", "---\ncull:\n  users: true\n"),
        ("cull:\n  users: false\n\n# the end\n", "cull:\n  users: true\n\n# the end\n"),
    ],
)
def test_files_of_all_kinds_get_a_name(text, wanted):
    assert edited(text, [ValueChange(("cull", "users"), None, True)]) == wanted


@pytest.mark.parametrize("path", [("a", "x"), ("l", 3), ("l", "x"), ("a", 0), ("l", 0, "x", "y")])
def test_a_path_into_something_else_is_refused(path):
    with pytest.raises(Rejected, match="cannot be used at"):
        edited("a: 1\nl:\n  - x: 1\n", [ValueChange(path, None, 2)])


ANCHORED = """\
tag: &tag 3f9a41c
common: &common
  mem_limit: 4G
  cpu_limit: 2
profiles:
  - display_name: Small
    profile_options: &options
      image: {display_name: Image}
    override: *common
  - display_name: Large
    profile_options: *options
    override:
      <<: *common   # and more
      mem_limit: 16G
  - display_name: Huge
    override:
      mem_limit: 64G
      <<: *common
other: *tag
"""


@pytest.mark.parametrize(
    ("change", "gone", "new"),
    [
        (ValueChange(("profiles", 0, "display_name"), "Small", "Tiny"), ["  - display_name: Small"], 1),
        (ValueChange(("profiles", 1, "override", "mem_limit"), "16G", "32G"), ["      mem_limit: 16G"], 1),
        (ValueChange(("profiles", 1, "override", "cpu_limit"), 2, 4), [], 1),
        (ValueChange(("profiles", 1, "profile_options"), None, {"a": "b"}), ["    profile_options: *options"], 2),
        (ValueChange(("other",), "3f9a41c", "1d0c5ab"), ["other: *tag"], 1),
        (ValueChange(("profiles", 1, "override", "new"), None, "x"), [], 1),
    ],
)
def test_a_file_with_anchors_is_changed_around_them(change, gone, new):
    made = edited(ANCHORED, [change])
    lines = [line for line in difference(ANCHORED, made) if not line.startswith("@@")]
    assert [line[1:] for line in lines if line[0] == "-"] == gone
    assert len([line for line in lines if line[0] == "+"]) == new
    wanted, found = parse(ANCHORED).values, parse(made).values
    assert value_at(found, change.path) == change.after
    assert edited(made, [ValueChange(("tag",), "3f9a41c", "2")]) != made
    if change.path[0] != "other":
        assert found["other"] == wanted["other"]


def test_an_anchored_word_is_changed_alone():
    made = edited(ANCHORED, [ValueChange(("tag",), "3f9a41c", "1d0c5ab")])
    assert (parse(made).values["tag"], parse(made).values["other"]) == ("1d0c5ab", "3f9a41c")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            ValueChange(("common", "mem_limit"), "4G", "6G"),
            "common (line 2) is repeated elsewhere (“*”): that would change too. Change the file by hand. What",
        ),
        (
            ValueChange(("profiles", 1, "profile_options", "image", "display_name"), "Image", "Environment"),
            "profiles[1].profile_options (line 11) repeats what begins in line 7 (“*”): both would change.",
        ),
        (
            ValueChange(("profiles", 1, "override", "cpu_limit"), 2, removed=True),
            "profiles[1].override.cpu_limit comes from line 4 by a merge key (“<<”), which others may use too.",
        ),
        (
            # Helm lets a merge key count from where it stands, below the value.
            ValueChange(("profiles", 2, "override", "mem_limit"), "4G", "8G"),
            "profiles[2].override.mem_limit comes from line 3 by a merge key",
        ),
    ],
)
def test_what_cannot_be_changed_in_place_is_refused_with_what_to_type(change, words):
    with pytest.raises(Rejected) as error:
        edited(ANCHORED, [change])
    assert words in str(error.value)
    after = "" if change.removed else f': "{change.after}"'
    assert (
        f"Change the file by hand. What to write: “{'remove ' if change.removed else ''}{change.path[-1]}{after}”."
        in str(error.value)
    )


NAMES = st.text("abcde", min_size=1, max_size=3)
SCALARS = st.one_of(
    st.booleans(), st.integers(-99, 9999), st.text("abe01.:#'\" -{}[]*&!|>%@`,", max_size=12), st.none()
)
VALUES = st.dictionaries(
    NAMES,
    st.recursive(
        SCALARS, lambda one: st.lists(one, max_size=3) | st.dictionaries(NAMES, one, max_size=3), max_leaves=8
    ),
)


@given(VALUES, st.lists(NAMES, min_size=1, max_size=3), SCALARS)
@settings(max_examples=30, deadline=None)
def test_what_comes_out_holds_the_wanted_values_or_nothing_is_done(values, path, new):
    import yaml  # noqa: PLC0415 - for this alone

    text = yaml.safe_dump(values, sort_keys=False)
    try:
        before = parse(text).values
        made = edited(text, [ValueChange(tuple(path), None, new)])
    except Rejected:
        return
    after = parse(made).values
    assert value_at(after, tuple(path)) == new
    assert {name: child for name, child in after.items() if name != path[0]} == {
        name: child for name, child in before.items() if name != path[0]
    }


def test_what_may_be_a_secret_is_not_repeated_in_what_to_type():
    text = "a: &a\n  seed: x\nb: *a\n"
    change = ValueChange(("b", "seed"), "x", "apple pear plum")
    with pytest.raises(Rejected) as refused:
        edited(text, [change], shown=False)
    assert "apple pear plum" not in str(refused.value)
    assert "seed: …" in str(refused.value)
    with pytest.raises(Rejected, match="apple pear plum"):
        edited(text, [change])
