"""Every word as it was typed, in the shapes in which Teams sends it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.teams.activity_parser import parse
from commands.framework.parser import parse as parse_line
from commands.framework.registry import catalogue
from commands.framework.typed_text import clean, words_of

BOT = {"id": "28:bot", "name": "JupyterHub"}
EMMY = {"id": "29:emmy", "name": "Emmy Noether"}
AT = "<at>JupyterHub</at>"


def mention(whose, text=None):
    return {"type": "mention", "text": text or f"<at>{whose['name']}</at>", "mentioned": whose}


def said(text, *mentions, form="plain", html=None, **more):
    """Return what is read out of a message."""
    entities = [mention(one) if "mentioned" not in one else one for one in mentions]
    attachments = [] if html is None else [{"contentType": "text/html", "content": html}]
    activity = {
        "type": "message",
        "id": "1",
        "channelId": "msteams",
        "serviceUrl": "https://smba.trafficmanager.net/emea/",
        "from": {"id": "29:olu", "aadObjectId": "7d3c4b5a-0000-4000-8000-000000000002"},
        "recipient": BOT,
        "conversation": {"id": "19:x"},
        "text": text,
        "textFormat": form,
        "entities": entities,
        "attachments": attachments,
    }
    return parse(json.dumps(activity | more).encode()).text


def command(text, *mentions, **more):
    return parse_line(said(text, *mentions, **more), catalogue())


STATUS = [
    f"{AT} status",
    f"{AT} /jhub status",
    f"{AT}&nbsp;/jhub&nbsp;status",
    f"{AT}\u00a0status",
    f"{AT}: status",
    f"{AT}, status",
    f"status {AT}",
    f"/jhub status {AT}",
    f"status {AT} \n",
    f"{AT} {AT} status",
]


@pytest.mark.parametrize("text", STATUS)
def test_the_mention_is_no_word_wherever_it_stands(text):
    assert command(text, BOT).command.name == "status"
    # Where Teams names no mention, the one that stands there is the bot's all the same.
    assert command(text).command.name == "status"


def test_a_greeting_before_the_mention_is_left_and_the_mention_is_not():
    assert said(f"Hi {AT} status", BOT).split() == ["Hi", "status"]


def test_a_bot_that_is_called_something_else_is_known_by_what_teams_says_of_it():
    renamed = mention(BOT, "<at>Our Hub Bot</at>")
    assert command("status <at>Our Hub Bot</at>", renamed).command.name == "status"
    assert command('<at id="0">Our Hub Bot</at> status', renamed).command.name == "status"


def test_a_person_who_is_mentioned_is_one_word():
    assert said(f"{AT} why <at>Emmy Noether</at>", BOT, EMMY).strip() == 'why "Emmy Noether"'
    assert said("<at>Emmy Noether</at> says hello", EMMY).strip() == '"Emmy Noether" says hello'


@pytest.mark.parametrize("form", ["plain", "xml"])
@pytest.mark.parametrize("name", ['x" --emergency "y', "x&quot; --emergency &quot;y", "x&amp;quot; --emergency y"])
def test_whatever_somebody_calls_themselves_is_one_word_of_the_line(name, form):
    them = {"id": "29:them", "name": name}
    parsed = words_of(clean(said(f"{AT} why <at>{name}</at> now", BOT, them, form=form)))
    assert (parsed[0], parsed[2:]) == ("why", ["now"])


KEPT = [
    'config set hub.extraEnv.SURVEY "https://forms.example.org/r?id=1&copy=2&lt=3"',
    'config set hub.extraEnv.NOTE "reply to <help@example.org> or a<b"',
    'logs hub --grep "<Response [403]>"',
    "why <emmy.noether@example.org>",
    'config set hub.extraConfig.10-tune "c.JupyterHub.active_server_limit = 50\nc.KubeSpawner.start_timeout = 600"',
    'logs hub --grep "&nbsp; &amp; <b>x</b>"',
]


@pytest.mark.parametrize("form", ["plain", "markdown", ""])
@pytest.mark.parametrize("text", KEPT)
def test_what_looks_like_markup_is_none(text, form):
    assert said(text, form=form) == text
    assert said(f"{AT} {text}", BOT, form=form).strip() == text


def test_what_is_written_is_what_was_typed():
    assert command(KEPT[0]).args.value.value == "https://forms.example.org/r?id=1&copy=2&lt=3"
    assert command(KEPT[1]).args.value.value == "reply to <help@example.org> or a<b"
    assert command(KEPT[2]).args.grep == "<Response [403]>"
    lines = "c.JupyterHub.active_server_limit = 50\nc.KubeSpawner.start_timeout = 600"
    assert command(KEPT[4]).args.value.value == lines


def test_an_address_in_brackets_is_the_address():
    assert command("why <emmy.noether@example.org>").args.user == "emmy.noether@example.org"
    assert command(f"{AT} why <emmy.noether@example.org>", BOT).args.user == "emmy.noether@example.org"


def test_markup_is_read_as_such_where_it_is_said_to_be_some():
    assert said(f"{AT} logs hub --grep &lt;b&gt;", BOT, form="xml").strip() == "logs hub --grep <b>"
    assert command("<p><at>JupyterHub</at> /jhub status</p>", form="xml").command.name == "status"
    assert command('<div>deploy <b>"7c1d2e9"</b></div>', form="xml").args.tag == "7c1d2e9"


SPAN = '<span itemtype="http://schema.skype.com/Mention" itemscope itemid="0">JupyterHub</span>'
REPLY = '<blockquote itemscope itemtype="http://schema.skype.com/Reply" itemid="1"><p>rm all</p></blockquote>'
RICH = [
    (f"<p>{SPAN}&nbsp;logs hub --grep &quot;a&nbsp; b&quot;</p><p>--lines 5</p>", 'logs hub --grep "a  b"\n--lines 5'),
    (f"<div><div>{SPAN}&nbsp;config set a.b &quot;one<br>two&quot;</div></div>", 'config set a.b "one\ntwo"'),
    (f"<p>{SPAN} config set a.b &quot;</p><pre><code>if x:\n    y()\n</code></pre><p>&quot;</p>", None),
    (f"<p>{SPAN} status</p><ul><li>one</li><li>two</li></ul>", "status\n- one\n- two"),
    (f"<p>{SPAN} x</p><ol><li>one</li><li>two<ul><li>a</li></ul></li></ol>", "x\n1. one\n2. two\n- a"),
    (f'<p>{SPAN} a.b "one<br><br>two"</p>', 'a.b "one\n\ntwo"'),
    (f'<p>{SPAN} a.b "one</p><p>&nbsp;</p><p>two"</p>', 'a.b "one\n\ntwo"'),
    (f'<p>{SPAN} a.b "one<br></p><p>two"</p>', 'a.b "one\ntwo"'),
    (f'<p>{SPAN} a.b "</p><pre>a\n\n\nb</pre><p>"</p>', 'a.b "\na\n\n\nb\n"'),
    (
        f'<p>{SPAN} "one <emoji alt="🙂"></emoji><img alt="😀" itemtype="http://schema.skype.com/Emoji"><br>!"</p>',
        '"one 🙂😀\n!"',
    ),
    (f'<p>{SPAN} "a</p><blockquote><p>quoted by me</p></blockquote><p>b"</p>', '"a\nquoted by me\nb"'),
    (f"{REPLY.replace('</p>', '<attachment>')}<p>{SPAN} status</p>", "status"),
    (f"<p>{SPAN} a</p><table><tr><td>1</td><td>2</td></tr></table>", "a\n1\t2"),
    (f"{REPLY}<p>{SPAN} status</p>", "status"),
]


@pytest.mark.parametrize(("html", "expected"), RICH)
def test_what_was_formatted_keeps_its_lines(html, expected):
    read = said(f"{AT} flat", BOT, html=html).strip()
    assert read == (expected or 'config set a.b "\nif x:\n    y()\n"')


def test_a_formatted_message_without_lines_is_read_from_its_text():
    text = f'{AT} config set a.b "x  y &copy=1"'
    assert (
        said(text, BOT, html=f"<p>{SPAN}&nbsp;config set <b>a.b</b> &quot;x y&quot;</p>").strip() == text[len(AT) + 1 :]
    )


ODD = [
    {"entities": None},
    {"entities": {}},
    {"entities": [1, None, "x", {"type": "mention"}, {"type": "mention", "text": 5, "mentioned": 5}]},
    {"entities": [{"type": "mention", "text": "<at>Nobody</at>", "mentioned": {"id": "28:bot"}}] * 500},
    {"entities": [{"type": "mention", "text": "", "mentioned": {"id": "28:bot"}}]},
    {"attachments": None},
    {"attachments": [1, {"contentType": "text/html"}, {"contentType": "text/html", "content": 5}]},
    {"attachments": [{"contentType": "text/html", "content": "x" * 100_000 + "<p>evil</p><p>lines</p>"}]},
]


@pytest.mark.parametrize("more", ODD)
def test_odd_entities_and_attachments_lose_nothing(more):
    assert parse_line(said(f"{AT} status", **more), catalogue()).command.name == "status"


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_a_text_without_a_mention_is_as_it_was(text):
    if "<at" not in text.lower() and "&nbsp;" not in text:
        assert said(text) == text


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200), st.sampled_from(["xml", "plain"]))
def test_any_markup_is_read(markup, form):
    assert isinstance(said(markup, form=form, html=f"<p>{markup}</p><p>x</p>"), str)
