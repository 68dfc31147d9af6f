"""What a hostile sender could post: whole activities that are nearly right, and texts that are nearly commands."""

from hypothesis import strategies as st

from commands.catalogue import catalogue
from commands.usage import example

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
