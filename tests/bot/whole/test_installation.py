"""From a bare cluster to a hub by the whole bot: the plan says that it installs, and afterwards everything answers."""

from pathlib import Path

from bot.cli.dev.try_command import trial
from bot.instrumentation.outcomes import Outcome


async def test_the_first_deployment_installs_the_hub_from_the_example():
    cards = []
    async with trial(
        ("alerts.enabled=false",),
        arguments=("--empty", "--speed", "10"),
        on_activity=lambda _, activity: cards.append(str(activity)),
    ) as started:
        operator = started.person("operator")
        assert await started.command(operator, "/jhub status") is Outcome.ANSWERED
        assert "none is installed" in cards[-1]
        assert await started.command(operator, "/jhub deploy 7c1d2e9") is Outcome.DONE, cards[-1]
        assert any("first installation" in card for card in cards)
        assert "7c1d2e9 is live" in cards[-1]
        # The token that the chart made is read from its Secret.
        assert await started.command(operator, "/jhub status") is Outcome.ANSWERED
        assert "JupyterHub 5.5.0" in cards[-1], cards[-1]
        secret = Path(str(started.world.ready["client_secret_file"])).read_text()
        assert not [card for card in cards if secret in card]
