"""Input of a hostile sender: whole activities that are nearly right, and texts that are nearly commands.

There are two sources: strategies, which try the edges and shrink what fails, and a seeded generator of thousands, for
which Hypothesis takes some fifty times as long.
"""

import json
import random
import uuid
from collections.abc import Iterator

from hypothesis import strategies as st

from commands.framework.registry import catalogue
from commands.framework.usage import example

LOCAL = "http://127.0.0.1:1/"
WORDS = sorted({word for command in catalogue() for word in example(command).split()})
FLAGS = ("--since", "--lines", "--reason", "--emergency", "--page", "--grep", "--server", "--claim", "--")
NASTY = (
    *("\u202e", "\u200b", "\x00", "\ufeff", "\U0001f600", "\u0130", "ß", "\u0663", "\n", "\t", "\\", '"', "'", "“"),
    *("$(id)", "`id`", "../../etc/passwd", "'; drop table trail; --", "<script>", "<at>x</at>", "&nbsp;", "&#x0;"),
    *("](http://evil.example)", "{{7*7}}", "%s%n", "{typed}", "${ENV}", "[[[", "1e999", "-1", "0x10"),
    *("a" * 300, "9" * 400, "*" * 50),
)

TEXTS = st.lists(
    st.sampled_from(WORDS) | st.sampled_from(FLAGS) | st.sampled_from(NASTY) | st.text(max_size=30), max_size=8
).map(" ".join) | st.text(max_size=200)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_TOP = ("type", "id", "channelId", "serviceUrl", "from", "recipient", "conversation", "channelData", "text", "name")
_TOP += ("value", "replyToId", "timestamp", "action", "membersRemoved", "entities", "attachments", "localTimestamp")
_INNER = ("from.id", "from.aadObjectId", "from.name", "recipient.id", "recipient.isTargeted", "conversation.id")
_INNER += ("conversation.tenantId", "conversation.conversationType", "channelData.team", "channelData.tenant")
_TYPES = ("message", "invoke", "conversationUpdate", "installationUpdate", "messageReaction", "typing", "event")
_VERBS = ("confirm", "approve", "reject", "view", "stop", "type", "dismiss", "alert-ack", "x", "")


def _base(kind, name, text, verb, data):
    return {
        "type": kind,
        "id": name,
        "name": "adaptiveCard/action",
        "channelId": "msteams",
        "serviceUrl": LOCAL,
        "from": {"id": "29:olu", "name": "Olu", "aadObjectId": "7d3c4b5a-0000-4000-8000-000000000002"},
        "recipient": {"id": "28:bot", "name": "JHub"},
        "conversation": {"id": "19:x@thread.tacv2;messageid=1", "tenantId": "7d3c4b5a-0000-4000-8000-000000000000"},
        "channelData": {"tenant": {"id": "7d3c4b5a-0000-4000-8000-000000000000"}},
        "text": text,
        "value": {"action": {"type": "Action.Execute", "verb": verb, "data": data}, "trigger": "manual"},
    }


def _changed(base, changes):
    content = dict(base)
    for path, value in changes.items():
        outer, _, inner = path.partition(".")
        if not inner:
            content[outer] = value
        elif isinstance(content.get(outer), dict):
            content[outer] = {**content[outer], inner: value}
    return content


_DATA = st.dictionaries(st.sampled_from(("id", "digest", "line", "alert", "schedule", "x")), JSON | TEXTS, max_size=4)
ACTIVITIES = st.builds(
    _changed,
    st.builds(
        _base,
        st.sampled_from(_TYPES),
        st.uuids().map(str),
        TEXTS,
        st.sampled_from(_VERBS) | st.text(max_size=10),
        _DATA,
    ),
    st.dictionaries(st.sampled_from(_TOP + _INNER), JSON, max_size=2),
)


# From a seed

# Where characters come from: each range as often as any other, however many it has.
_RANGES = ((0x20, 0x7E), (0x00, 0x1F), (0x7F, 0x24F), (0x300, 0x36F), (0x590, 0x6FF), (0x2000, 0x206F))
_RANGES += ((0x3000, 0x9FFF), (0xE000, 0xFFFF), (0x10000, 0x10FFFF))
_NUMBERS = (0, 1, -1, 2**31, -(2**31), 2**53 + 1, 2**63, -(2**64), 10**40)
_FLOATS = (0.0, -0.0, 1.5, -2.5e-300, 1.8e308, 5e-324, float("inf"), float("-inf"))


def texts(seed: int, count: int) -> Iterator[str]:
    rng = random.Random(seed)  # noqa: S311 - the same ones each time, not a secret
    return (_text(rng) for _ in range(count))


def activities(seed: int, count: int) -> Iterator[dict]:
    rng = random.Random(seed)  # noqa: S311 - see above
    return (_activity(rng) for _ in range(count))


def _text(rng):
    if rng.random() < 1 / 3:
        return _characters(rng, 200)
    return " ".join(_word(rng) for _ in range(rng.randint(0, 8)))


def _word(rng):
    kind = rng.choice((WORDS, WORDS, FLAGS, NASTY, None))
    return rng.choice(kind) if kind else _characters(rng, 30)


def _characters(rng, most):
    return "".join(chr(rng.randint(*rng.choice(_RANGES))) for _ in range(rng.randint(0, most)))


def _json(rng, depth=3):
    return rng.choice(_LEAVES + _BRANCHES if depth else _LEAVES)(rng, depth - 1)


_LEAVES = (
    lambda _rng, _depth: None,
    lambda rng, _depth: rng.random() < 1 / 2,
    lambda rng, _depth: rng.choice((rng.choice(_NUMBERS), rng.randint(-(10**6), 10**6))),
    lambda rng, _depth: rng.choice((rng.choice(_FLOATS), rng.uniform(-1e9, 1e9))),
    lambda rng, _depth: _characters(rng, 20),
)
_BRANCHES = (
    lambda rng, depth: [_json(rng, depth) for _ in range(rng.randint(0, 3))],
    lambda rng, depth: {_characters(rng, 8): _json(rng, depth) for _ in range(rng.randint(0, 3))},
)


def _activity(rng):
    keys = rng.sample(("id", "digest", "line", "alert", "schedule", "x"), rng.randint(0, 4))
    data = {key: rng.choice((_json, _text))(rng) for key in keys}
    verb = rng.choice((rng.choice(_VERBS), _characters(rng, 10)))
    name = str(uuid.UUID(int=rng.getrandbits(128)))
    base = _base(rng.choice(_TYPES), name, _text(rng), verb, data)
    return _changed(base, {path: _json(rng) for path in rng.sample(_TOP + _INNER, rng.randint(0, 2))})


# Grown from what Teams really sends

_PARTS = (
    lambda rng: rng.choice(_NUMBERS),
    lambda rng: rng.choice(NASTY),
    _json,
    _text,
    lambda _rng: None,
    lambda _rng: {},
    lambda _rng: [],
)


def grown(shapes: list[dict], seed: int, count: int) -> Iterator[dict]:
    """Yield activities of these shapes, each with a few parts removed, renamed, doubled, moved or replaced."""
    rng = random.Random(seed)  # noqa: S311 - see above
    for number in range(count):
        made = json.loads(json.dumps(rng.choice(shapes)))
        if made.get("type") == "message" and rng.random() < 1 / 2:
            made["text"] = rng.choice((_text, lambda its: f"/jhub {_text(its)}"))(rng)
        for _ in range(rng.randint(0, 4)):
            _change(made, rng)
        if rng.random() < 9 / 10:
            # Most are no repetition of another.
            made["id"] = f"grown-{seed}-{number}"
        yield made


def _change(made, rng):
    holder, key = rng.choice(list(_places(made)))
    match rng.randrange(6):
        case 0:
            del holder[key]
        case 1:
            holder[key] = [holder[key], holder[key]]
        case 2 if isinstance(holder, dict):
            holder[_characters(rng, 8)] = holder.pop(key)
        case 3:
            _, other = rng.choice(list(_places(made)))
            holder[key] = str(other)
        case _:
            holder[key] = rng.choice(_PARTS)(rng)


def _places(part):
    """Yield every member of an object and of a list, with its container."""
    members = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    for key, value in members:
        yield part, key
        yield from _places(value)
