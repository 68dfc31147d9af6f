"""Settings that are right by themselves, and with which nobody could use the bot: said, with what to do."""

import pytest

from bot.cli.config import lines
from bot.config_tools.check import check

ID = "7d3c4b5a-0000-4000-8000-000000000001"
GROUP = f"[{{id: {ID}}}]"
APP = f"app_id: {ID}, app_type: UserAssignedMSI, tenants: [{ID}]"
REACHED = f"teams: {{{APP}, host: 0.0.0.0}}\n"
ALL = f"access: {{operator: {GROUP}, approver: {GROUP}}}\n"
OTHER = "kubernetes: {namespace: test}, hub: {url: 'http://hub.test.svc:8081'}"
TEAM = "access: {{team: {{id: '19:x@thread.tacv2', owners: {owners}, members: {members}}}}}\n"

WARNED = {
    REACHED: ["access: nobody may use the bot: no group has a level. Name one by its object id, such as under admin"],
    f"{REACHED}access: {{viewer: {GROUP}}}\n": [
        "2:1: warning: access: nobody may change anything: name a group under operator, approver or admin",
        "2:1: warning: access: nobody can approve, so nothing that deletes can be done: name a group under approver or",
    ],
    f"{REACHED}access: {{operator: {GROUP}}}\n": ["nobody can approve, so nothing that deletes can be done"],
    f"{REACHED}{TEAM.format(owners='operator', members='viewer')}": [
        "nobody can approve, so nothing that deletes can be done: give the team's owners or members the level approver",
    ],
    f"{REACHED}{TEAM.format(owners='viewer', members='approver')}": [],
    f"{REACHED}access: {{approver: {GROUP}}}\n": [],
    f"{REACHED}access: {{admin: {GROUP}}}\n": [],
    ALL: ["warning: teams.app_id: Teams cannot reach the bot: without the Azure Bot's app id"],
    f"{ALL}teams: {{{APP}}}\n": [
        "2:1: warning: teams.host: Teams reaches the bot only through a proxy on this machine"
    ],
    f"{ALL}teams: {{{APP}, host: '::1'}}\n": ["2:131: warning: teams.host: Teams reaches the bot only through a proxy"],
    f"{ALL}teams: {{{APP}, host: 0.0.0.0, port: 0}}\n": ["teams.port: nothing can forward to the bot"],
    f"{ALL}{REACHED}hubs: {{test: {{{OTHER}, access: {{viewer: {GROUP}}}}}}}\n": [
        "warning: hubs.test.access: nobody may change anything",
        "warning: hubs.test.access: nobody can approve",
    ],
}


async def told(tmp_path, text):
    file = tmp_path / "bot.yaml"
    file.write_text(text)
    checked = await check(file, elsewhere=True)
    return [line.removeprefix(f"{file}:") for line in lines(file, checked)], checked


@pytest.mark.parametrize("text", WARNED)
async def test_whom_the_settings_keep_out_is_said_with_what_to_do(tmp_path, text):
    said, checked = await told(tmp_path, text)
    warnings = [line for line in said if "warning: " in line]
    assert len(warnings) == len(WARNED[text]), said
    assert all(words in "\n".join(warnings) for words in WARNED[text]), warnings
    assert len(checked.warnings) == len(warnings)


async def test_a_bot_that_people_can_use_has_nothing_said_of_it(tmp_path):
    said, checked = await told(tmp_path, REACHED + ALL)
    assert checked.warnings == ()
    assert said[0] == "Nothing is wrong."
    assert any("must lead there" in line for line in said)


async def test_warnings_are_counted_apart_and_are_not_mistakes(tmp_path):
    said, checked = await told(tmp_path, REACHED + f"access: {{viewer: {GROUP}}}\nvalues: {{home: release}}\n")
    assert said[0] == "No mistakes, but:"
    assert checked.mistakes == 0
    said, checked = await told(tmp_path, "teams: {port: x}\n")
    assert (said[-1], checked.warnings) == ("1 mistake.", ())
