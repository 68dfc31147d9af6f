"""No text from outside holds up the bot: every pattern takes a time in proportion to what it looks through.

Texts are made of what each pattern itself looks for, which is where one that goes back and forth does so the longest.
Compared are times of this thread for two lengths: neither the speed of the machine matters nor what else it does.
"""

import ast
import importlib
import pkgutil
import re
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import product
from pathlib import Path
from re import _constants as codes
from re import _parser as parser

import pytest

from bot.dispatch.hello import greeting
from cards import escaping as literal
from clients import secret_patterns as shapes
from clients.errors import Unavailable
from clients.helm.failure import classify, explain
from commands.certificate.acme_errors import last_error
from commands.framework.errors import UserError
from commands.framework.pagination import visible, wrapped
from commands.framework.parser import parse
from commands.framework.registry import catalogue
from commands.kubernetes.message_rules import MessageRule
from commands.kubernetes.messages import shown
from commands.kubernetes.scheduling_failures import unschedulable
from commands.text.redaction import Redactor
from commands.values.secrets import secrets_among

ROOT = Path(__file__).parents[1]
HOUSE = ("bot", "cards", "clients", "commands")
SHORT, LONG = 2_000, 8_000
# Between the two lengths a linear one takes 4 times as long, a quadratic one 16 times.
GROWTH = 9.0
# Less than this, in seconds, is noise, and nothing that anybody waits for.
NOTHING = 0.004
ANCHORED = {"match", "fullmatch", "pattern"}
# Tables of patterns by whose module, where each is held against a whole name: by `fullmatch`.
WHOLE = {"commands.values.opaque_values"}


def _modules():
    for package in HOUSE:
        for found in pkgutil.walk_packages([str(ROOT / package)], f"{package}."):
            # Starting those is a program's beginning.
            if not found.name.endswith("__main__"):
                yield importlib.import_module(found.name)


def _patterns_in(value, depth=0):
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, MessageRule):
        yield value.pattern
    elif depth < 4 and isinstance(value, Mapping):
        yield from (one for inner in value.values() for one in _patterns_in(inner, depth + 1))
    elif depth < 4 and isinstance(value, Iterable) and isinstance(value, tuple | list | frozenset | set):
        yield from (one for inner in value for one in _patterns_in(inner, depth + 1))


def _uses():
    """By which methods each name of a pattern is used in each module; and the patterns that have no name."""
    methods, nameless = defaultdict(set), set()
    for file in (path for package in HOUSE for path in (ROOT / package).rglob("*.py")):
        module = file.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__")
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            whose = node.func.value.id if isinstance(node.func.value, ast.Name) else ""
            methods[module, whose].add(node.func.attr)
            if whose == "re" and node.args and isinstance(node.args[0], ast.Constant) and node.func.attr != "escape":
                nameless.add((node.args[0].value, node.func.attr not in ANCHORED | {"compile"}))
    return methods, nameless


def _all_patterns():
    methods, found = _uses()
    for module in _modules():
        for name, value in vars(module).items():
            uses = methods[module.__name__, name]
            table = not isinstance(value, re.Pattern) and module.__name__ not in WHOLE
            everywhere = table or not (uses <= ANCHORED and (uses or module.__name__ in WHOLE))
            found |= {(one, everywhere) for one in _patterns_in(value)}
    # Those of secrets are texts until one is wanted.
    found |= {(re.compile(shape, flags), True) for shape, flags, _ in shapes._SHAPES}
    compiled = {(re.compile(one) if isinstance(one, str | bytes) else one, how) for one, how in found}
    return sorted(compiled, key=lambda one: (str(one[0].pattern), one[1]))


def _atoms(parsed):
    """The characters that a pattern looks for, and its words."""
    word = ""
    for op, given in parsed:
        if op is codes.LITERAL:
            word += chr(given)
            continue
        if word:
            yield word
            word = ""
        yield from _atoms_of(op, given)
    if word:
        yield word


def _atoms_of(op, given):
    match op:
        case codes.NOT_LITERAL | codes.ANY:
            yield from "a "
        case codes.IN:
            yield from _of_class(given)
        case codes.BRANCH:
            yield from (atom for branch in given[1] for atom in _atoms(branch))
        case codes.SUBPATTERN:
            yield from _atoms(given[-1])
        case codes.MAX_REPEAT | codes.MIN_REPEAT | codes.POSSESSIVE_REPEAT:
            yield from _atoms(given[2])
        case codes.ASSERT | codes.ASSERT_NOT:
            yield from _atoms(given[1])


def _of_class(given):
    for op, what in given:
        match op:
            case codes.LITERAL:
                yield chr(what)
            case codes.RANGE:
                yield chr(what[0])
            case codes.NEGATE:
                yield from "a "
            case codes.CATEGORY:
                yield {codes.CATEGORY_DIGIT: "1", codes.CATEGORY_SPACE: " "}.get(what, "a")


def _texts(pattern, length):
    atoms = list(dict.fromkeys(_atoms(parser.parse(pattern.pattern, pattern.flags & ~re.UNICODE))))[:6]
    if isinstance(pattern.pattern, bytes):
        return
    for first, second in product(["", *atoms], [*atoms, "a", "1"]):
        unit = first + second
        yield first + second * (length // len(second)) + "\0"
        yield unit * (length // len(unit)) + "\0"


def _took(pattern, text, everywhere):
    begun = time.thread_time()
    if everywhere:
        for _ in pattern.finditer(text):
            pass
    else:
        pattern.match(text), pattern.fullmatch(text)
    return time.thread_time() - begun


def _growth(measure):
    """How many times as long the long one takes: the least of a few tries, since a machine has other things to do."""
    least = float("inf")
    for _ in range(4):
        least = min(least, _ratio(measure))
        if least < GROWTH:
            break
    return least


def _ratio(measure):
    long = measure(1)
    return 0.0 if long < NOTHING else long / measure(0)


@pytest.mark.parametrize(
    ("pattern", "everywhere"), _all_patterns(), ids=lambda one: str(getattr(one, "pattern", one))[:40]
)
def test_a_pattern_is_linear(pattern, everywhere):
    both = list(zip(_texts(pattern, SHORT), _texts(pattern, LONG), strict=True))
    worst = sorted(both, key=lambda texts: -_took(pattern, texts[0], everywhere))[:4]
    for texts in worst:
        grown = _growth(lambda which, texts=texts: _took(pattern, texts[which], everywhere))
        assert grown < GROWTH, f"{grown:.0f} times as long for 4 times {texts[0][:60]!r}…"


def test_patterns_are_found():
    found = _all_patterns()
    assert len(found) > 120
    assert any("eyJ" in str(one.pattern) for one, _ in found), "those in tuples as well"


def test_a_pattern_that_is_not_linear_is_noticed():
    bad = re.compile(r"\d+x")
    worst = max(zip(_texts(bad, SHORT), _texts(bad, LONG), strict=True), key=lambda texts: _took(bad, texts[0], True))
    assert _ratio(lambda which: _took(bad, worst[which], True)) > GROWTH


def _typed(text):
    try:
        parse(text, catalogue())
    except UserError:
        return


ENTRIES = {
    "what helm prints": lambda text: explain(classify(f"Error: {text}"), f"Error: {text}", {"a": "secret-value"}),
    "what any client says": lambda text: Unavailable("Kubernetes", text),
    "what the cluster says": shown,
    "why nothing was scheduled": lambda text: unschedulable(f"0/3 nodes are available: {text}"),
    "a log": lambda text: wrapped(Redactor({"a-secret-value"}).lines([visible(text)])),
    "a certificate's log": last_error,
    "what somebody types": _typed,
    "what somebody types after the name": lambda text: _typed(f"/jhub {text}"),
    "a greeting": greeting,
    "values": lambda text: secrets_among({"env": text}),
    "what is put on a card": literal.markdown,
}
UNITS = (
    *("a", "a.", "a/", "-", "a-", "1.1.", "eyJ-", "aA1+", "://a:", "<a ", "<at>", "[::", "\x1b[0", " ", "\n", "a\n"),
    *('chart "', "another operation ", 'path "', "/subscriptions/a", "password=", "urn:ietf:params:acme:error:a", "_*"),
)
PROBE, SMALL, LARGE = 5_000, 250_000, 1_000_000


def _time(read, text):
    begun = time.thread_time()
    read(text)
    return time.thread_time() - begun


@pytest.mark.parametrize("entry", ENTRIES)
def test_a_megabyte_of_anything_takes_a_time_in_proportion(entry):
    read = ENTRIES[entry]
    unit = max(UNITS, key=lambda one: _time(read, one * (PROBE // len(one))))
    texts = [unit * (size // len(unit)) for size in (SMALL, LARGE)]
    grown = _growth(lambda which: _time(read, texts[which]))
    assert grown < GROWTH, f"{grown:.0f} times as long for 4 times {unit!r}"
