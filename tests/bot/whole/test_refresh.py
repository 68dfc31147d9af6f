"""The whole bot offers a restart: the message reaches one person, and its button stops their server and no other."""

from bot.cli.dev.card_actions import action
from bot.cli.dev.try_command import trial
from bot.instrumentation.outcomes import Outcome


async def test_the_button_of_a_personal_message_is_for_whoever_presses_it():
    async with trial() as world:
        operator, viewer = world.person("operator"), world.person("viewer")
        assert await world.command(operator, "servers refresh") is Outcome.DONE
        personal = {k: v for k, v in world.teams.activities.items() if v["conversation"]["id"].startswith("a:")}
        ((card, message),) = personal.items()
        assert message["conversation"]["id"] == f"a:{operator.id}"
        assert message["recipient"] == {"id": f"29:{operator.id}"}
        button = action(message, "type")

        # Forwarded to somebody else, it is about their own server: theirs is not outdated, or there is none.
        world.outcomes.last = None
        await world.teams.click(viewer, card, button)
        await world._settled()
        assert world.outcomes.last is Outcome.INVALID

        await world.teams.click(operator, card, button)
        await world._settled()
        assert world.outcomes.last is Outcome.DONE
        told = [v for v in world.teams.activities.values() if "Your server stopped" in v.get("summary", "")]
        assert [v["conversation"]["id"] for v in told] == [f"a:{operator.id}"]
        assert await world.command(operator, "server refresh") is Outcome.INVALID
