"""A bot in a process of its own that never begins one step, so that it can be killed between two.

    python -m tests.releases.held_bot CONFIG STEP

It listens as `jhub-bot serve` does, and watches faster. Where it would begin the step that is recorded as STEP, it
makes a file `held` beside CONFIG and waits for its end.
"""

import asyncio
import sys
from pathlib import Path

import yaml

from bot.config.loading import settings_from
from bot.runtime.durable import Durable
from bot.wiring.application import running

# How much faster than usual alerts come and go.
PACE = 60.0


def held_at(step: str, mark: Path) -> None:
    """Have every `Durable` of this process stop for good where it would begin `step`, after making the file `mark`."""
    begin = Durable.step

    async def begin_unless_held(durable, name, action):
        if name == step:
            mark.touch()
            await asyncio.Event().wait()
        return await begin(durable, name, action)

    Durable.step = begin_unless_held


async def run(config: Path, step: str) -> None:
    """Serve until somebody kills this process."""
    held_at(step, config.with_name("held"))
    async with running(settings_from(yaml.safe_load(config.read_text("utf-8"))), pace=PACE):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(run(Path(sys.argv[1]), sys.argv[2]))
