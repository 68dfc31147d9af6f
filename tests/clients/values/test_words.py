"""What plain words, names, anchors and merge keys mean: this table, the real helm and the bot agree on each.

After go-yaml 2 (resolve.go, decode.go) and sigs.k8s.io/yaml, which helm reads values with.
"""

import json
import re
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clients.errors import Rejected
from clients.values import ValueChange, parse, scalar_or_flow
from clients.values.edit import edited
from tests.helms import HELM

WORDS = {
    **dict.fromkeys(["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"], True),
    **dict.fromkeys(["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"], False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **{
        one: one
        for one in [
            "yEs",
            "oN",
            "tRue",
            "nUll",
            "none",
            "None",
            "nil",
            "t",
            "f",
            "T",
            "F",
            "enabled",
            "=",
            "<<",
            ".",
            "+",
            "+-",
            "_",
            "__",
            "_1",
            "e3",
            "1e",
            ".e3",
            "._5",
            ".5_",
        ]
    },
    **{
        one: one
        for one in [
            "0xZZ",
            "0x",
            "0b",
            "0o",
            "0b2",
            "-0b2",
            "0o8",
            "0x1g",
            "0x1p4",
            "1p4",
            "1k",
            "8G",
            "4e2f",
            "1,000",
            "1.2.3",
            "v1.2",
            "inf",
            "nan",
            "-inf",
            "-.",
        ]
    },
    **{
        one: one
        for one in ["1:30", "1:30:00", "190:20:30", "2020-01-01", "2020-01-01T00:00:00Z", "10:00-12:00", "1e400"]
    },
    **{one: one for one in ("0x1FFFFFFFFFFFFFFFF", "+0x8000000000000000", "9" * 5000)},
    "08": 8,
    "09": 9,
    "0755": 493,
    "-0755": -493,
    "0o17": 15,
    "0O17": 15,
    "-0o17": -15,
    "0b11": 3,
    "0B1": 1,
    "0x1F": 31,
    "0X1F": 31,
    "+0x1F": 31,
    "-0x1F": -31,
    "+0b1": 1,
    "0_7": 7,
    "0_x1": 1,
    "0x_1": 1,
    "00": 0,
    "-0": 0,
    "0": 0,
    "+1": 1,
    "-1": -1,
    "1_000": 1000,
    "1__0": 10,
    "1_": 1,
    "-_1": -1,
    "685_230": 685230,
    "0b1010_0111": 167,
    "1e3": 1000,
    "1E3": 1000,
    "1e+3": 1000,
    "1.e3": 1000,
    ".5e3": 500,
    "-9e3": -9000,
    "1e1_0": 10**10,
    "5_e1": 50,
    "1e-3": 0.001,
    ".5": 0.5,
    "-.5": -0.5,
    "+.5": 0.5,
    "+.5_": 0.5,
    "5.": 5,
    "1.0": 1,
    "1.10": 1.1,
    "08.5": 8.5,
    "012e3": 12000,
    "1_000.5": 1000.5,
    "1._5": 1.5,
    "7e10": 7 * 10**10,
    "4e2": 400,
    "6.02E-23": 6.02e-23,
    "0e0": 0,
    "9007199254740993": 9007199254740992,
    "18446744073709551616": 2**64,
    "1e21": 10**21,
    "1e308": 1e308,
    "0777777777777777777777777": 7.777777777777778e23,
    "123456789012345678": 123456789012345680,
    "-0.0": 0,
    "00000000000000000000000000000000000000000000000001": 1,
    "0x00000000000000000000000000000000000000000001": 1,
}
NAMES = {
    "on": "true",
    "y": "true",
    "No": "false",
    "1": "1",
    "08": "8",
    "0o17": "15",
    "0x1F": "31",
    "1_000": "1000",
    "1e3": "1000",
    "1e6": "1e+06",
    "1000000.0": "1e+06",
    "999999.5": "999999.5",
    "123456789.0": "1.2345679e+08",
    "2024.10": "2024.1",
    "1.0": "1",
    ".5": "0.5",
    "1.5e-5": "1.5e-05",
    "0.0001": "0.0001",
    "-0.0": "-0",
    "-1e6": "-1e+06",
    ".inf": ".inf",
    "-.inf": "-.inf",
    ".nan": ".nan",
    "1e39": ".inf",
    "1e400": "1e400",
    "2020-01-01": "2020-01-01",
    "9223372036854775807": "9223372036854775807",
    "-18446744073709551615": "-1.8446744e+19",
    "1:30": "1:30",
}
TEXTS = {
    "an alias": "a: &a {x: 1}\nb: *a\n",
    "an alias in a list": "a: &a [1, 2]\nb: [*a, {c: *a}]\n",
    "an alias of a word": "a: &a 08\nb: *a\n",
    "an alias of nothing": "a: &a\nb: *a\n",
    "an alias for a name": "a: &x foo\n*x : 3\n",
    "an anchor that is given twice": "a: &a 1\nc: &a 2\nb: *a\n",
    "an anchor within a merge": "b:\n  <<: &q {x: 1}\n  z: 2\nc: *q\n",
    "a merge": "a: &a {x: 1, z: 2}\nb:\n  <<: *a\n  x: 3\n",
    "a merge below what it replaces": "a: &a {x: 1, z: 2}\nb:\n  x: 3\n  <<: *a\n",
    "a merge of several": "a: &a {x: 1}\nc: &c {x: 2, z: 1}\nb:\n  <<: [*a, *c]\n",
    "two merges": "b:\n  <<: {x: 1, z: 1}\n  <<: {z: 2}\n",
    "a merge is not deep": "b:\n  <<: {s: {p: 1}}\n  s: {q: 2}\n",
    "a merge of a merge": "a: &a {x: 1}\nb: &b {<<: *a, z: 2}\nc: {<<: *b, w: 3}\n",
    "a merge of null": "b:\n  <<: {x: null}\n",
    "a quoted merge": "b: {'<<': {x: 1}}\n",
    "nulls": "a: null\nb: {c: ~, d: [null, 1]}\n",
    "quoted words": "a: 'n'\nb: \"08\"\nc: |\n  1e3\nd: >-\n  yes\n",
    "sets": "x: {a, b}\nz: {? c}\n",
    "pairs in a list": "x: [a: 1]\n",
}


def read_by_helm(text, folder, *, reads=True):
    """The values as the chart meets them."""
    chart = folder / "c"
    (chart / "templates").mkdir(parents=True, exist_ok=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: c\nversion: 0.1.0\n", "utf-8")
    (chart / "templates" / "x.yaml").write_text("kind: A\nread: {{ .Values | toJson | squote }}\n", "utf-8")
    (folder / "values.yaml").write_text(text, "utf-8")
    command = [str(HELM), "template", "r", str(chart), "--values", str(folder / "values.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode == 0) is reads, done.stderr
    found = re.search(r"^read: '(.*)'$", done.stdout, re.MULTILINE)
    return json.loads(found[1].replace("''", "'")) if found else None


def alike(found, wanted):
    """Whether both are the same to JSON: of numbers helm keeps as much as a float64 does."""
    if isinstance(wanted, bool) or wanted is None or isinstance(found, bool):
        return found is wanted
    return float(found) == float(wanted) if isinstance(wanted, int | float) else found == wanted


def test_words_mean_to_the_bot_what_they_mean_to_helm(tmp_path):
    text = "".join(f"k{number}: {word}\n" for number, word in enumerate(WORDS))
    by_helm, by_bot = read_by_helm(text, tmp_path), parse(text).values
    assert len(by_helm) == len(by_bot) == len(WORDS)
    for number, (word, wanted) in enumerate(WORDS.items()):
        assert alike(by_helm[f"k{number}"], wanted), word
        assert alike(by_bot[f"k{number}"], wanted), word
        if not re.match(r"[=]$|<<", word):
            assert alike(scalar_or_flow(word), wanted), word


def test_no_number_is_a_float_where_it_is_whole():
    assert json.dumps(parse("a: 1e3\nb: 1.0\nc: -0.0\n").values) == '{"a": 1000, "b": 1, "c": 0}'


def test_names_are_to_the_bot_what_they_are_to_helm(tmp_path):
    text = "".join(f"k{number}:\n  {word}: here\n" for number, word in enumerate(NAMES))
    wanted = {f"k{number}": {name: "here"} for number, name in enumerate(NAMES.values())}
    assert read_by_helm(text, tmp_path) == wanted
    assert parse(text).values == wanted


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_anchors_and_merge_keys_are_read_as_helm_reads_them(text, tmp_path):
    assert parse(text).values == read_by_helm(text, tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        ".inf: {a: .inf}",
        "a: .nan",
        "~: 1",
        "18446744073709551615: 1",
        "? [a]\n: 1",
        "a: &a {b: *a}",
        "a: {<<: 1}",
        "a: *b",
    ],
)
def test_what_helm_refuses_the_bot_refuses(text, tmp_path):
    read_by_helm(text, tmp_path, reads=False)
    with pytest.raises(Rejected):
        parse(text)


def test_a_text_is_written_so_that_helm_reads_this_text(tmp_path):
    words = [word for word in (*WORDS, *NAMES) if len(word) < 100]
    text = "".join(f"k{number}: x\n" for number in range(len(words))) + "names: {}\nmore: 1\n"
    made = edited(
        text,
        [
            *(ValueChange((f"k{number}",), "x", word) for number, word in enumerate(words)),
            *(ValueChange(("names", word), None, 1) for word in words if word),
            ValueChange(("more",), 1, {word: [word] for word in words if word}),
        ],
    )
    found = read_by_helm(made, tmp_path)
    assert [found[f"k{number}"] for number in range(len(words))] == words
    assert list(found["names"]) == sorted({*words} - {""})
    assert found["more"] == {word: [word] for word in words if word}
    assert parse(made).values == found


def test_a_value_below_a_name_that_helm_reads_as_another_is_changed_in_its_place(tmp_path):
    made = edited("env:\n  on: 1   # here\n  'y': 2\n  08: 3\n", [
        ValueChange(("env", "true"), 1, 10), ValueChange(("env", "y"), 2, 20), ValueChange(("env", "8"), 3, 30),
    ])  # fmt: skip
    assert made == "env:\n  on: 10  # here\n  'y': 20\n  08: 30\n"
    assert read_by_helm(made, tmp_path) == {"env": {"true": 10, "y": 20, "8": 30}}


@given(st.lists(st.text("0123456789abxoeEyYnN+-._~", min_size=1, max_size=7), min_size=60, max_size=60, unique=True))
@settings(max_examples=4, deadline=None)
def test_words_made_up_mean_the_same_to_both(tmp_path_factory, words):
    given = [
        word
        for word in words
        if not re.match(r"(-|--|---|\.\.\.)$|-$", word) and not re.match(r"[-+]?\.(inf|nan)", word, re.IGNORECASE)
    ]
    text = "".join(f"k{number}: {word}\n" for number, word in enumerate(given))
    by_helm, by_bot = read_by_helm(text, tmp_path_factory.mktemp("made-up")), parse(text).values
    for number, word in enumerate(given):
        assert alike(by_bot[f"k{number}"], by_helm[f"k{number}"]), word
