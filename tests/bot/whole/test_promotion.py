"""What production gets has passed on the test hub, through the whole bot."""

import json

from bot.cli.dev.try_command import trial
from bot.instrumentation.outcomes import Outcome

ASKS = ("hubs.production.test.passed_on=main",)


async def test_a_tag_is_deployed_to_production_once_it_has_passed_on_the_test_hub():
    async with trial(ASKS, arguments=("--users", "3", "--speed", "20"), further=["production"]) as world:
        operator = world.person("operator")

        async def card(line):
            outcome = await world.command(operator, line)
            return outcome, json.dumps(list(world.teams.activities.values())[-1], ensure_ascii=False)

        outcome, shown = await card("/jhub --hub production deploy 7c1d2e9")
        assert outcome is Outcome.INVALID
        assert "has not passed a test on the hub main" in shown
        assert "/jhub --hub main deploy 7c1d2e9" in shown
        assert (await card("/jhub --hub main deploy 7c1d2e9"))[0] is Outcome.DONE
        assert (await card("/jhub --hub main test"))[0] is Outcome.DONE
        outcome, shown = await card("/jhub --hub production deploy 7c1d2e9")
        assert outcome is Outcome.DONE
        assert "7c1d2e9 is live" in shown
