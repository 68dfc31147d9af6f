"""What people type, in all the ways they and Teams write it."""

from dataclasses import dataclass
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.framework.command import Arg, Flag, Level, Query, Topic
from commands.framework.errors import UserError
from commands.framework.parser import MAX_LENGTH, Parsed, parse
from commands.framework.registry import catalogue
from commands.framework.typed_text import clean, words_of
from commands.framework.usage import line_of, quoted, usage

STATUS = [
    "/jhub status",
    "jhub status",
    "status",
    "/status",
    "STATUS",
    "/JHub Status",
    "  /jhub\n status \r\n",
    "/jhub\u2003status",
    "\u200b/jhub status",
]


@pytest.mark.parametrize("text", STATUS)
def test_every_way_to_write_status_is_status(text):
    parsed = parse(text, catalogue())
    assert parsed is not None
    assert parsed.command.name == "status"


@pytest.mark.parametrize("text", ["", "   ", " /jhub", "\u200b\u202e", "/JHUB"])
def test_nothing_to_do_is_no_command(text):
    assert parse(text, catalogue()) is None


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("/jhub deploy 7c1d2e9", "7c1d2e9"),
        ("deploy “7c1d2e9”", "7c1d2e9"),
        ("deploy '2026.11-1'", "2026.11-1"),
        ("DEPLOY V2_x.y-Z", "V2_x.y-Z"),
        ("deploy " + "a" * 128, "a" * 128),
    ],
)
def test_a_tag_is_taken_as_written(text, tag):
    assert parse(text, catalogue()).args.tag == tag


DEPLOY = "/jhub deploy [tag] [--chart <version>] [--timeout <time>] [--dry-run] [--no-wait]"


@pytest.mark.parametrize(
    "text",
    [
        "/jhub deploy a b",
        "/jhub deploy 'a b'",
        "/jhub deploy a;b",
        "/jhub deploy 'a;b'",
        "/jhub deploy $(reboot)",
        "/jhub deploy ../../etc/passwd",
        "/jhub deploy -f",
        "/jhub deploy --set x=y",
        "/jhub deploy .hidden",
        "/jhub deploy " + "a" * 129,
        "/jhub deploy <b>x</b><i>y</i> z",
        "/jhub deploy søren",
    ],
)
def test_what_is_no_tag_gets_the_usage_and_an_example(text):
    with pytest.raises(UserError) as caught:
        parse(text, catalogue())
    assert f"Usage: {DEPLOY}" in caught.value.hints
    assert "Example: /jhub deploy 7c1d2e9" in caught.value.hints


@pytest.mark.parametrize(
    ("text", "hint"),
    [("stauts", "/jhub status"), ("/jhub depoly x", "/jhub deploy x"), ("pod", "/jhub pods")],
)
def test_an_unknown_command_gets_the_nearest(text, hint):
    with pytest.raises(UserError) as caught:
        parse(text, catalogue())
    assert caught.value.suggestions[0].line == hint


def test_an_unknown_command_that_is_near_to_nothing_gets_help():
    with pytest.raises(UserError) as caught:
        parse("zzzzzz", catalogue())
    assert [one.line for one in caught.value.suggestions] == ["/jhub help"]


def test_a_long_message_is_refused_with_its_length():
    with pytest.raises(UserError, match="10,000 characters"):
        parse("x" * 10_000, catalogue())


def test_an_open_quotation_is_said_so():
    with pytest.raises(UserError, match="never closed"):
        parse('deploy "abc', catalogue())


def test_an_apostrophe_in_a_name_is_a_letter():
    with pytest.raises(UserError, match="o'brien"):
        parse("help o'brien", catalogue()) and parse("status o'brien", catalogue())


@dataclass(frozen=True)
class Args:
    """Of a command that has everything."""

    count: Annotated[int, Arg("how many", "3")]
    since: Annotated[str | None, Flag("from when on", "1h")] = None
    all: Annotated[bool, Flag("really all")] = False


async def _run(_args, _reads):
    raise AssertionError


LONG = Query("server stop", "Stop a server.", Level.OPERATOR, _run, Args, topic=Topic.STATUS)
SHORT = Query("server", "Tell of a server.", Level.VIEWER, _run, topic=Topic.STATUS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("server stop 3", Args(3)),
        ("Server STOP 3 --all", Args(3, all=True)),
        ("server stop --since 1h 3", Args(3, "1h")),
        ("server stop 3 --SINCE=2h", Args(3, "2h")),
        ("server stop 3 —all", Args(3, all=True)),
        ("server stop 3 –since 1h", Args(3, "1h")),
    ],
)
def test_flags_stand_anywhere_and_survive_a_phones_dashes(text, expected):
    assert parse(text, (SHORT, LONG)) == Parsed(LONG, expected, line=text.translate({0x2014: "--", 0x2013: "--"}))


def test_the_longest_name_wins():
    assert parse("server", (SHORT, LONG)).command is SHORT


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("server stop x", "“x” is not a count"),
        ("server stop 3 --nope", "has no --nope"),
        ("server stop 3 --all --all", "--all is given twice"),
        ("server stop 3 --all=yes", "takes no value"),
        ("server stop 3 --since", "--since needs a since behind it, such as 1h"),
        ("server 3", "takes no argument"),
    ],
)
def test_wrong_arguments_say_what_is_wrong(text, message):
    with pytest.raises(UserError, match=message):
        parse(text, (SHORT, LONG))


def test_the_usage_line_shows_what_is_optional():
    assert usage(LONG) == "/jhub server stop <count> [--since <since>] [--all]"


@given(st.text(max_size=300))
def test_any_text_is_a_command_nothing_or_an_explained_mistake(text):
    explained = None
    try:
        parsed = parse(text, catalogue())
    except UserError as error:
        explained = (str(error), error.hints or error.suggestions)
    assert all(explained) if explained else parsed is None or parsed.command in catalogue()


@given(st.text(max_size=300))
def test_cleaning_leaves_one_printable_line_but_for_what_is_quoted(text):
    cleaned = clean(text)
    assert clean(cleaned) == cleaned
    if not any(mark in text for mark in "\"'“”„«»‘’‚"):
        assert all(c == " " or c.isprintable() for c in cleaned)


def test_an_apostrophe_in_a_word_does_not_keep_the_same_mark_from_quoting():
    assert words_of(clean("o’brien ’two words’")) == ["o'brien", "two words"]


QUOTED = [
    ('"two\nlines"', "two\nlines"),
    ('"two\r\nlines"', "two\nlines"),
    ("'a  b\u00a0c — “d”'", "a  b\u00a0c — “d”"),
    ('“curved  "plain" ‘x’”', 'curved  "plain" ‘x’'),
    ("‘single “x”’", "single “x”"),
    ('"<b> &amp; &copy=2"', "<b> &amp; &copy=2"),
    ('"tab\there"', "tab\there"),
    ('"nothing\x00 hidden\x1b[1m"', "nothing hidden[1m"),
]


@pytest.mark.parametrize(("typed", "said"), QUOTED)
def test_what_is_quoted_is_taken_as_it_was_typed(typed, said):
    parsed = parse(f"logs hub --grep {typed}", catalogue())
    assert parsed.args.grep == said
    # What is kept of it means the same once more.
    assert parse(parsed.line, catalogue()).args.grep == said
    assert parse(line_of("logs", ("hub", "--grep", said)), catalogue()).args.grep == said


@given(st.text(max_size=40).filter(lambda said: said.strip() and all(ord(c) > 31 and c.isprintable() for c in said)))
def test_a_word_that_is_quoted_for_a_button_is_read_as_itself(said):
    assert words_of(clean(quoted(said))) == [said]


def test_the_longest_line_is_not_itself_refused():
    with pytest.raises(UserError) as caught:
        parse("x" * MAX_LENGTH, catalogue())
    assert "characters" not in str(caught.value)


@pytest.mark.parametrize(
    ("typed", "command", "reason"),
    [
        ("scale 0", "scale 0", ""),
        ("/jhub scale 0 --evict --grace 5m", "scale 0 --evict --grace 5m", ""),
        ('scale 0 --evict --reason "it is night"', "scale 0 --evict", "it is night"),
        ("server stop o'brien@example.org", 'server stop "o\'brien@example.org"', ""),
        ('storage restore a@example.org --server "my lab"', 'storage restore a@example.org --server "my lab"', ""),
        ("""x 'a "b" c' "d'e" """, """x "a "'"'"b"'"'" c" "d'e\"""", ""),
        ("deploy --tag=x", "deploy --tag=x", ""),
    ],
)
def test_a_command_within_a_command_is_kept_as_it_was_typed(typed, command, reason):
    parsed = parse(f'/jhub schedule add "0 19 * * 1-5" {typed}', catalogue())
    assert (parsed.args.cron, parsed.args.command, parsed.reason) == ("0 19 * * 1-5", command, reason)
    again = parse(f'schedule add "0 19 * * 1-5" {command}', catalogue())
    assert again.args == parsed.args


@pytest.mark.parametrize(
    "typed", ['"scale up"', '"/jhub scale up"', "“jhub scale up”", "'scale  up'", '/jhub "scale up"']
)
def test_a_command_within_a_command_may_be_quoted_as_a_whole(typed):
    parsed = parse(f'/jhub schedule add "0 7 * * 1-5" {typed} --reason "it is day"', catalogue())
    assert (parsed.args.command, parsed.reason) == ("scale up", "it is day")


def test_the_quotes_within_a_quoted_command_stay():
    parsed = parse("""schedule add "0 7 * * 1-5" 'test --profile "my lab"'""", catalogue())
    assert parsed.args.command == 'test --profile "my lab"'


def test_a_flag_before_the_cron_line_is_the_schedules_own():
    parsed = parse('schedule add --reason "it is night" "0 19 * * *" scale 0', catalogue())
    assert (parsed.reason, parsed.args.command) == ("it is night", "scale 0")
    with pytest.raises(UserError, match="has no --evict"):
        parse('schedule add --evict "0 19 * * *" scale 0', catalogue())


@pytest.mark.parametrize("cron", ["* * *", "0 0 31 2 *", "* * * * *", "0", "x" * 500])
def test_a_cron_line_that_is_none_is_refused_with_an_example(cron):
    with pytest.raises(UserError) as refused:
        parse(f'schedule add "{cron}" scale 0', catalogue())
    assert 'Example: /jhub schedule add "0 19 * * 1-5" scale 0' in refused.value.hints
