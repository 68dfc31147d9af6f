from time import process_time

import pytest

from clients.errors import Rejected
from clients.values import parse, scalar_or_flow
from clients.values.composition import DEEPEST, LARGEST
from clients.values.document import decoded


def test_values_are_read_with_the_line_of_each_name():
    found = parse("# ours\nhub:\n  config: {a: 1}\ncull:\n  - x\n  - z\n")
    assert found.values == {"hub": {"config": {"a": 1}}, "cull": ["x", "z"]}
    assert found.lines["hub", "config", "a"] == 3
    assert found.lines["cull", 1] == 6
    assert found.line(("hub", "config", "gone", "deeper")) == 3
    assert found.line(("nothing",)) == 1


@pytest.mark.parametrize("text", ["", "# only a remark\n", "---\n"])
def test_an_empty_file_holds_no_values(text):
    assert parse(text).values == {}


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{b}: &{b} [{','.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)
NESTED = "a: &a " + "[" * 30 + "]" * 30 + "\nb: " + "[" * 20 + "*a" + "]" * 20 + "\n"
REFUSED = {
    "a bomb": (BOMB, "Aliases (“*”) repeat more than 50,000 values"),
    "a loop of anchors": ("a: &a\n  b: *a\n", "would contain itself"),
    "a loop of lists": ("a: &a [1, [*a]]\n", "would contain itself"),
    "a loop of merges": ("a: &a\n  <<: *a\n", "would contain itself"),
    "an anchor that is nowhere": ("a: 1\nb: *nope\n", "Line 2 is not YAML: it repeats (“*”) what has no anchor (“&”)"),
    "a deep alias": (NESTED, f"nested more than {DEEPEST} levels deep"),
    "many aliases": ("a: &a [" + "1," * 999 + "]\nb: [" + "*a," * 99 + "]\n", "repeat more than 50,000 values"),
    "many merges": ("a: &a {" + "".join(f"k{n}: 1," for n in range(999)) + "}\nb:\n" + "  <<: *a\n" * 99, "50,000"),
    "YAML 1.2": ("%YAML 1.2\n---\na: 1\n", "Helm reads YAML 1.1 alone"),
    "a tag": ("a: 1\nb: !!python/object/apply:os.system ['id']\n", "Line 2: A tag"),
    "a tag of its own": ("a: !vault abc\n", "Line 1: A tag"),
    "a list of things": ("- a\n", "Line 1: It contains no values"),
    "a word": ("hello\n", "Line 1: It contains no values"),
    "a name twice": ("hub: 1\ncull: 2\nhub: 3\n", "Line 3: The name is already used in line 1"),
    "a name twice, deeper": ("hub:\n  a: 1\n  a: 2\n", "Line 3: The name is already used in line 2"),
    "nothing for a name": ("~: a\n", "Line 1: A name must be text"),
    "a list for a name": ("? [a]\n: 1\n", "Line 1: A name must be text"),
    "a merge of a list": ("a: &a [1]\nb: {<<: *a}\n", "Line 1: “<<” (a merge key) takes a mapping"),
    "a merge of a word": ("a: 1\nb:\n  <<: x\n", "Line 3: “<<” (a merge key) takes a mapping"),
    "two names that are one": ("hub:\n  on: 1\n  yes: 2\n", "Line 3: The name is already used in line 2"),
    "two documents": ("a: 1\n---\nb: 2\n", "Line 2: “---”"),
    "a hole": ("a: " + "[" * (DEEPEST + 1) + "]" * (DEEPEST + 1), f"nested more than {DEEPEST} levels deep"),
    "a deeper hole": ("{a: " * 60_000, f"nested more than {DEEPEST} levels deep"),
    "a quotation without end": ("a: 1\nb: 'x\n", "is not YAML"),
    "a tab": ("a:\n\tb: 1\n", "Line 2 is not YAML: it has a tab"),
    "two colons": ("a: 1\nb: c: d\n", "Line 2 is not YAML"),
    "control characters": ("a: \x01\n", "characters that YAML does not allow"),
    "no number": ("a: 1\nb: .inf\n", "Line 2: An infinite number"),
    "too much": ("a: " + "x" * LARGEST, "larger than 256 KiB"),
}


@pytest.mark.parametrize(("text", "why"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_plain_data_is_refused_with_its_line(text, why):
    begun = process_time()
    with pytest.raises(Rejected, match="The values' file cannot be used") as error:
        parse(text)
    assert why in str(error.value)
    assert process_time() - begun < 5


def test_no_refusal_repeats_what_stands_in_the_file():
    with pytest.raises(Rejected) as error:
        parse("hub:\n  client_secret: hunter2 hunter3: hunter4\n")
    assert "hunter" not in str(error.value)


def test_what_is_not_utf_8_is_refused_with_its_line():
    with pytest.raises(Rejected, match="Line 2 is not UTF-8"):
        decoded(b"a: 1\nb: \xff\n")
    with pytest.raises(Rejected, match="larger"):
        decoded(b"x" * (LARGEST + 1))


@pytest.mark.parametrize(
    ("text", "value"),
    [("8G", "8G"), ("true", True), ("null", None), ("", None), ("[a, b]", ["a", "b"]), ("{cpu: 2}", {"cpu": 2})],
)
def test_a_typed_value_is_yaml(text, value):
    assert scalar_or_flow(text) == value


@pytest.mark.parametrize("text", ["*a", "!!int 3", "a: b", "- x", "'", "[a", "{a: 1, a: 2}"])
def test_a_typed_value_is_held_to_the_same_rules(text):
    with pytest.raises(Rejected, match="The value cannot be used"):
        scalar_or_flow(text)
