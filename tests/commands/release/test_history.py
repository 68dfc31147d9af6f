"""The revisions: what was live when, and who did it."""

from datetime import timedelta

from cards.text import render
from cards.views import Notice, Tone
from commands.release import history
from tests.world import NOW, SECRET, World, by_olu, release, words


async def card(world):
    return await history.run(history.Args(), world.reads)


def rows(view):
    return [tuple(cell.text for cell in row) for row in view.sections[0].rows]


async def test_newest_first_with_who_when_and_what():
    releases = [
        release(3, labels=by_olu(3)),
        release(2, "a4e2b90", "superseded", last_deployed=NOW - timedelta(days=12)),
    ]
    view = await card(World(releases=releases))
    assert view.headline == "Live: revision 3, tag 3f9a41c"
    assert rows(view) == [
        ("3", "2026-11-20 09:00 UTC, 3 days ago", "3f9a41c", "4.4.0", "live", "Olu Operator"),
        ("2", "2026-11-11 09:00 UTC, 12 days ago", "a4e2b90", "4.4.0", "replaced", "—"),
    ]


async def test_a_mark_that_helm_only_handed_on_is_nobodys():
    view = await card(World(releases=[release(4, labels=by_olu(3))]))
    assert rows(view)[0][-1] == "—"


async def test_a_failed_newest_revision_colours_the_card_and_the_live_one_is_named():
    view = await card(World(releases=[release(4, "0000000", "failed"), release(3)]))
    assert (view.headline, view.tone) == ("Live: revision 3, tag 3f9a41c", Tone.BAD)
    assert rows(view)[0][4] == "failed"


async def test_nothing_is_live_after_a_first_installation_that_failed():
    view = await card(World(releases=[release(1, status="failed")]))
    assert view.headline == "No revision is live"


async def test_no_release_is_said_plainly():
    view = await card(World(releases=[]))
    assert isinstance(view, Notice)
    assert "no release “jupyterhub” in jhub" in view.text


async def test_no_value_of_a_release_is_shown():
    view = await card(World())
    assert SECRET not in words(view) + render(view)


async def test_where_older_revisions_are_left_off_the_headline_says_so():
    older = [release(number, status="superseded") for number in range(299, 0, -1)]
    view = await card(World(releases=[release(300), *older]))
    assert view.headline == "Live: revision 300, tag 3f9a41c; the newest 200 revisions"
    assert len(rows(view)) == 200


async def test_what_a_killed_helm_left_below_is_under_way_no_more():
    view = await card(World(releases=[release(5), release(4, status="pending-upgrade")]))
    assert [row[4] for row in rows(view)] == ["live", "interrupted"]
    view = await card(World(releases=[release(4, status="pending-upgrade"), release(3)]))
    assert rows(view)[0][4] == "upgrade in progress"
