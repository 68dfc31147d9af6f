"""Plans of stops offer to tell people first, in a line that can be typed as it stands."""

import re

import pytest

from commands.announcements.announce import COMMAND
from commands.announcements.offer import offer, offered
from commands.framework.parser import parse
from commands.framework.registry import catalogue
from commands.nodes import scaling_plan, upgrade_preview
from commands.nodes.pools import PoolSize
from commands.rollout import deploy_plan
from tests.world import words as words_of

OFFERS = {
    "deploy": deploy_plan._ANNOUNCED,
    "cluster upgrade": upgrade_preview._ANNOUNCED,
    "scale 0": "All servers stop in about 5 min: save your work and stop yours.",
    "cluster stop": "JupyterHub stops soon: save your work and stop your server.",
}


@pytest.mark.parametrize("words", OFFERS.values(), ids=OFFERS)
def test_what_is_offered_can_be_typed(words):
    (line,) = re.findall(r"/jhub (.*)", offer(words, "2h"))
    parsed = parse(line, catalogue())
    assert (parsed.command, parsed.args.text, parsed.args.until) == (COMMAND, words, "2h")


def stop_of(*people):
    return scaling_plan.Scaling("users", "big", "3 nodes", PoolSize(None, None, 0), keep=True, active=people)


def test_it_is_offered_where_there_are_people_to_tell():
    assert '/jhub announce "All servers stop soon' in words_of(scaling_plan.preview(stop_of("ann@example.org")))
    assert "/jhub announce" not in words_of(scaling_plan.preview(stop_of()))
    assert offered((), "x", "1h") == ()
