"""A configuration as text: where everything is, and what is refused, without a word of what stands there."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.config.yaml_document import LARGEST, DocumentError, Spot, parse

SECRET = "hunter2-3f81c0"


def test_everything_has_its_line_and_column():
    made = parse(b"teams:\n  port: 1\naccess:\n  admin:\n    - {id: a}\n    - id: b\n")
    assert made.content == {"teams": {"port": 1}, "access": {"admin": [{"id": "a"}, {"id": "b"}]}}
    assert made.spot(("teams",)) == Spot(1, 1)
    assert made.spot(("teams", "port")) == Spot(2, 3)
    assert made.spot(("access", "admin", 1)) == Spot(6, 7)
    assert made.spot(("access", "admin", 0, "id")) == Spot(5, 8)
    assert made.spot(("access", "admin", 0, "name", "x")) == Spot(5, 7), "the closest above"
    assert made.spot(("nowhere",)) == Spot(1, 1)


@pytest.mark.parametrize("text", [b"", b"\n# nothing\n", b"---\n", b"null", b"~"])
def test_nothing_is_no_settings(text):
    assert parse(text).content == {}


HOSTILE = {
    "a bomb": (b"a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n", 2, "alias"),
    "itself in itself": (b"a: &a\n  b: *a\n", 2, "alias"),
    "a merge": (b"a: &a {x: 1}\nb:\n  <<: *a\n", 3, "alias"),
    "a tag": (b"a: 1\nb: !!python/object/apply:os.system ['hunter2-3f81c0']\n", 2, "tag"),
    "a tag of its own": (b"a:\n  b: !hunter2-3f81c0 x\n", 2, "tag"),
    "the same section twice": (b"teams: {}\nhub: {}\nteams: {port: 1}\n", 3, "second time; the first is on line 1"),
    "the same setting twice": (b"teams:\n  port: 1\n  host: x\n  port: 2\n", 4, "“port” is set a second time"),
    "two documents": (b"a: 1\n---\nb: 2\n", 2, "second YAML document"),
    "a key that is a list": (b"a: 1\n[x]: 2\n", 2, "not the name of a setting"),
    "a key that is a mapping": (b"a: 1\n? {b: 1}\n: 2\n", 2, "not the name of a setting"),
    "a list": (b"- hunter2-3f81c0\n", 1, "mapping of sections"),
    "a word": (b"hunter2-3f81c0\n", 1, "mapping of sections"),
    "no such date": (b"a:\n  - 2026-01-01\n  - 2026-02-30\n", 3, "quotation marks"),
    "a number without end": (b"a: 1\nb: " + b"9" * 5000 + b"\n", 2, "quotation marks"),
    "depth": (b"a: " + b"[" * 5000 + b"\n", 1, "deeper"),
    "half a mapping": (b"a: {b: hunter2-3f81c0\nc: }\n", 2, "not YAML"),
    "a tab": (b"a:\n\tb: hunter2-3f81c0\n", 2, "not YAML"),
    "a colon too much": (b"a: 1\nb: c: hunter2-3f81c0\n", 2, "not YAML: mapping values are not allowed here"),
    "no text": (b"a: 1\nb: \xff\xfe\n", 2, "not UTF-8"),
    "a bell": (b"a: \x07\n", 1, "not YAML"),
    "size": (b"# " + b"x" * LARGEST, 1, "larger than 256 KB"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_what_no_person_would_write_is_refused_with_its_line(what):
    text, line, said = HOSTILE[what]
    with pytest.raises(DocumentError, match=said) as caught:
        parse(text)
    assert caught.value.spot.line == line
    assert SECRET not in str(caught.value)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.one_of(st.binary(max_size=200), st.text(alphabet="ab:-[]{}&*!|>'\"#?%@` \n\t0", max_size=60).map(str.encode)))
def test_whatever_is_given_is_a_document_or_refused(content):
    with contextlib.suppress(DocumentError):
        assert isinstance(parse(content).content, dict)
