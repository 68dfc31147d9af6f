"""Logs as people ask for them: which container, which lines, pages that do not shift, and nothing secret."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards import adaptive
from cards.views import Lines, Notice, Tone
from clients.errors import NotFound, Unavailable
from commands.framework.command import Level
from commands.framework.errors import UserError
from commands.framework.pagination import pages, visible, wrapped
from commands.framework.parser import parse
from commands.framework.registry import catalogue
from commands.logs import follow as logs_follow
from commands.text.redaction import MARK
from tests.world import NOW, SECRET, Doing, pod, server, words
from tests.world.container_logs import Talking

HUB = pod("hub-1", "hub", container_names=("hub",))
HTTPS = pod("autohttps-1", "autohttps", container_names=("secret-sync", "traefik", "load-acme"))


def at(seconds: float, text: str) -> str:
    """A line as a node stamps it, so long before now."""
    return f"{NOW - timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%S.%f}Z {text}"


def saying(*texts: str, **more) -> Talking:
    """A world whose hub has said these, a second between them."""
    lines = [at(len(texts) - number, text) for number, text in enumerate(texts)]
    return Talking(pods=[HUB, HTTPS], logs={("hub-1", "hub"): lines}, **more)


async def ask(world: Talking, line: str):
    parsed = parse(line, catalogue())
    assert parsed.command.level is Level.OPERATOR
    return await parsed.command.run(parsed.args, world.reads)


def lines(view) -> list[str]:
    return [line for section in view.sections if isinstance(section, Lines) for line in section.lines]


def button(view, title: str) -> str:
    (line,) = [dict(one.data)["line"] for one in view.buttons if one.title.startswith(title)]
    return line


async def test_the_newest_lines_oldest_first():
    view = await ask(saying("one", "two", "three"), "/jhub logs hub --lines 2")
    assert lines(view) == ["two", "three"]
    assert "the newest 2 lines" in words(view)
    assert lines(await ask(saying("one", "two"), "/jhub logs hub")) == ["one", "two"]


async def test_secrets_of_the_release_and_what_looks_like_one_are_hidden():
    view = await ask(
        saying(f"login with {SECRET} failed", "Authorization: Bearer abcdefgh12345678", "fine"), "logs hub"
    )
    assert lines(view) == [f"login with {MARK} failed", f"Authorization: {MARK}", "fine"]
    assert SECRET not in words(view)


async def test_a_secret_cannot_be_found_out_by_looking_for_it():
    view = await ask(saying(f"login with {SECRET} failed"), f"logs hub --grep {SECRET[:5]}")
    assert lines(view) == []
    assert "none of the 1 lines" in view.text


async def test_a_secret_in_pieces_that_nobody_sees_is_hidden():
    split = f"{SECRET[:4]}\x1b[0m\u200b{SECRET[4:]}"
    assert lines(await ask(saying(f"\x1b[31mx\x1b[0m {split}"), "logs hub")) == [f"x {MARK}"]


async def test_nothing_is_shown_where_nobody_can_tell_what_is_secret():
    with pytest.raises(Unavailable):
        await ask(saying("one", releases=Unavailable("Kubernetes", "is away")), "logs hub")


async def test_looking_for_a_plain_text_in_any_case():
    world = saying("an ERROR .*", "fine", "error (x)", "errr")
    assert lines(await ask(world, "logs hub --grep error")) == ["an ERROR .*", "error (x)"]
    assert lines(await ask(world, "logs hub --grep .*")) == ["an ERROR .*"]
    assert lines(await ask(world, 'logs hub --grep "(X)" --lines 1')) == ["error (x)"]


async def test_only_what_is_young_enough():
    world = Talking(pods=[HUB], logs={("hub-1", "hub"): [at(7200, "old"), at(60, "new")]})
    assert lines(await ask(world, "logs hub --since 1h")) == ["new"]
    assert "nothing in that time" in (await ask(world, "logs hub --since 30s")).text


async def test_pages_do_not_shift_while_the_log_grows():
    world = saying(*(f"line {number}" for number in range(100)))
    first = await ask(world, "logs hub")
    assert lines(first)[-1] == "line 99"
    world.logs["hub-1", "hub"] += [at(-1, "newer"), at(-2, "newest")]
    second = await ask(world, button(first, "Next page"))
    assert lines(second)[-1] == f"line {99 - len(lines(first))}"
    third = await ask(world, button(second, "Next page"))
    assert lines(third) + lines(second) + lines(first) == [f"line {number}" for number in range(100)]
    assert not [one for one in third.buttons if one.title.startswith("Next page")]
    assert lines(await ask(world, button(third, "Previous page"))) == lines(second)
    assert lines(await ask(world, button(third, "Show newest")))[-1] == "newest"


async def test_buttons_ask_for_the_same_again_whatever_was_typed():
    world = saying(*(f"""say "it's" <b> & x {number}""" for number in range(90)))
    first = await ask(world, """logs hub hub --since 1h --lines 80 --grep "it's" """)
    asked, again = (parse(one, catalogue()).args for one in ("""logs hub --grep "it's" """, button(first, "Next page")))
    assert (again.grep, again.lines, again.since, again.container) == (asked.grep, "80", "1h", "hub")
    marked = await ask(world, "logs hub --grep '<b> &'")
    assert parse(button(marked, "Next page"), catalogue()).args.grep == "<b> &"


async def test_a_page_that_is_no_more():
    view = await ask(saying("one"), "logs hub --page 7")
    assert view.tone is Tone.WARNING
    assert button(view, "Show newest") == "/jhub logs hub"


async def test_too_large_an_answer_loses_old_lines_and_no_new_ones_nor_half_a_secret():
    long = [f"{number} {'x' * 20_000}" for number in range(200)]
    view = await ask(saying(*long, f"end {SECRET}"), "logs hub")
    assert lines(view)[-1] == f"end {MARK}"
    one = await ask(saying("é" * 2**20 + SECRET), "logs hub --lines 1")
    assert lines(one) == []


async def test_the_main_container_without_a_name_and_the_others_with_theirs():
    world = Talking(
        pods=[HTTPS], logs={("autohttps-1", "traefik"): [at(1, "t")], ("autohttps-1", "load-acme"): [at(1, "l")]}
    )
    view = await ask(world, "logs autohttps")
    assert lines(view) == ["t"]
    assert "secret-sync, load-acme" in words(view)
    assert lines(await ask(world, "logs autohttps load-acme")) == ["l"]
    assert lines(await ask(world, "logs autohttps-1")) == ["t"]
    with pytest.raises(UserError, match="has no container “nosuch”") as error:
        await ask(world, "logs autohttps nosuch")
    assert "/jhub logs autohttps-1 traefik" in error.value.hints


async def test_a_users_server_by_name_in_any_case_and_not_all_servers_at_once():
    ann, zoe = (server(name, container_names=("notebook",)) for name in ("Ann@example.org", "zoe@example.org"))
    world = Talking(pods=[HUB, ann, zoe], logs={(ann.name, "notebook"): [at(1, "a")]})
    assert lines(await ask(world, "logs ann@EXAMPLE.org")) == ["a"]
    with pytest.raises(UserError, match="name one user"):
        await ask(world, "logs users")
    with pytest.raises(UserError, match="no server of theirs") as error:
        await ask(world, "logs ans@example.org")
    assert "/jhub logs Ann@example.org" in error.value.hints


async def test_of_several_pods_the_newest_that_stays():
    new = replace(HUB, name="hub-2", created=NOW)
    going = replace(HUB, name="hub-3", created=NOW, terminating=True)
    world = Talking(pods=[HUB, going, new], logs={("hub-2", "hub"): [at(1, "new")]})
    view = await ask(world, "logs hub")
    assert lines(view) == ["new"]
    assert "hub-1, hub-3" in words(view)


async def test_what_runs_not_gets_the_nearest():
    with pytest.raises(UserError) as error:
        await ask(saying("one"), "logs hbu")
    assert error.value.hints == ("/jhub logs hub",)


async def test_a_pod_that_waits_says_for_what():
    waiting = replace(HUB, phase="Pending", ready=0, refusal="Unschedulable: no room")
    assert (await ask(Talking(pods=[waiting]), "logs hub")).text.endswith("nothing: Unschedulable: no room")


async def test_why_there_is_no_log():
    broken = replace(HUB, refusal="Unschedulable: no room")
    world = Talking(pods=[replace(broken, phase="Pending", ready=0)], logs={("hub-1", "hub"): NotFound("No log")})
    with pytest.raises(UserError, match=r"No log\. Unschedulable: no room"):
        await ask(world, "logs hub")


async def test_the_life_before_the_last_restart():
    world = Talking(pods=[HUB], logs={("hub-1", "hub before"): [at(9, "last words")]})
    view = await ask(world, "logs hub --previous")
    assert lines(view) == ["last words"]
    assert not [one for one in view.buttons if one.title == "Follow the log"]


@pytest.mark.parametrize(
    "line",
    [
        *("logs", "logs hub --lines 0", "logs hub --lines 5001", "logs hub --page 0", "logs h/b", "logs hub a/b"),
        *("logs hub --until yesterday", "logs hub --until 2026-11-23T09:00:00", 'logs hub --grep " "', "logs *@x.org"),
    ],
)
def test_what_makes_no_sense_is_refused(line):
    with pytest.raises(UserError):
        parse(line, catalogue())


_ANY_LINE = st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), max_size=3_000)


def drawn(page) -> list[str]:
    """The lines of a page as its card has them."""
    card = adaptive.render(Notice("Log", "x" * 200, sections=(Lines(tuple(page), code=True),)))
    (framed,) = [element for element in card["body"] if "items" in element and "spacing" in element]
    runs = [block["inlines"] for block in framed["items"][0]["items"]]
    return ["".join(run["text"] for run in inlines).replace("\xa0", " ") for inlines in runs]


@given(st.lists(_ANY_LINE, max_size=90))
def test_pages_lose_nothing_and_each_fits_a_card_whole(given_lines):
    cut = wrapped([visible(line) for line in given_lines])
    found = pages(cut)
    assert [line for page in reversed(found) for line in page] == cut
    for page in found:
        assert drawn(page) == [line.replace("\xa0", " ") or " " for line in page]
        assert len(page) <= 40


@pytest.mark.parametrize("line", ["\\" * 3_000, "😀" * 900, '"' * 900, "{{" * 450])
def test_the_largest_lines_fit_too(line):
    cut = wrapped([line] * 60)
    assert all(drawn(page) == list(page) for page in pages(cut))


# Following


async def follow(world: Talking, line: str, do=None):
    parsed = parse(line, catalogue())
    assert parsed.command is logs_follow.COMMAND
    plan = await parsed.command.plan(parsed.args, world.reads)
    assert "hub" in parsed.command.preview(plan).title
    doing = do or Doing(world)
    return await parsed.command.apply(plan, doing), doing


@pytest.mark.parametrize("line", ["logs hub --follow", "logs --follow hub", "/jhub logs hub --lines 5 --FOLLOW"])
async def test_lines_are_shown_as_they_come_until_the_container_ends(line):
    world = saying(followed=[["one"], ["two", f"x {SECRET}"]], ends=True)
    view, doing = await follow(world, line)
    assert doing.told == [("one",), ("one", "two", f"x {MARK}")]
    assert lines(view) == ["one", "two", f"x {MARK}"]
    assert view.text == "The container has ended."


async def test_it_ends_by_itself(monkeypatch):
    monkeypatch.setattr(logs_follow, "FOLLOWED_FOR", 0.05)
    view, _ = await follow(saying(followed=[["one"]]), "logs hub --follow")
    assert (lines(view), view.text) == (["one"], "Followed for 0 s.")
    assert parse(button(view, "Keep following"), catalogue()).command is logs_follow.COMMAND


async def test_somebody_stops_it():
    world = saying(followed=[["one"]])
    doing = Doing(world)
    work = asyncio.create_task(follow(world, "logs hub --follow", doing))
    await asyncio.sleep(0.02)
    doing.stop.set()
    view, _ = await asyncio.wait_for(work, 240)
    assert "stopped" in view.text


async def test_of_a_line_in_pieces_only_the_first_is_shown():
    long = "x" * 2**16
    view, _ = await follow(saying(followed=[[long, "half a secret"], ["next"]], ends=True), "logs hub --follow")
    assert [line for line in lines(view) if set(line) - set("x… ")] == ["next"]


async def test_only_lines_with_a_text_are_followed():
    view, _ = await follow(saying(followed=[["an Error", "fine"]], ends=True), "logs hub --follow --grep error")
    assert lines(view) == ["an Error"]
    assert "--grep=error" in button(view, "Show newest")
