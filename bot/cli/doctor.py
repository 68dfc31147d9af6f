"""`jhub-bot doctor`: the checklist on a terminal, from the same settings and by the same identity as the bot."""

import click

from bot.config.settings import Settings
from bot.wiring.application import examining
from cards import text
from cards.views import Status, Tone
from commands.diagnostics import doctor


async def run(settings: Settings) -> int:
    """Print the checklist. Return the exit status: 0, or 1 where something is wrong. Raise ConfigError."""
    async with examining(settings) as reads:
        view = await doctor.run(doctor.Args(), reads)
    click.echo(text.render(view))
    return 0 if isinstance(view, Status) and view.tone is Tone.GOOD else 1
