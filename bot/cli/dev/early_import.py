"""The beginning of `jhub-bot try`: the bot is loaded while the sandbox, a process of its own, is being built."""

from collections.abc import Callable, Sequence
from typing import Any

from bot.cli.dev.sandbox_process import begun
from bot.config.loading import settings_from, with_values


async def run(
    who: str,
    settings: Sequence[str],
    commands: Sequence[str],
    *,
    say: Callable[[str], None],
    arguments: Sequence[str],
    **how: Any,  # noqa: ANN401 - passed on
) -> int:
    """As `bot.cli.dev.try_command.run`. Raises ConfigError, SandboxError, UnknownPersonError."""
    # Before a whole world is begun for nothing.
    settings_from(with_values({}, settings))
    async with begun(arguments) as ready:
        from bot.cli.dev.try_command import run as tried  # noqa: PLC0415 - it takes as long as the building
        from commands.framework.registry import catalogue  # noqa: PLC0415

        # All commands, as the bot does when it starts.
        catalogue()
        return await tried(who, settings, commands, say=say, arguments=arguments, ready=ready, **how)
