"""The memory of a bot that enlarges many homes, one after another."""

import os
import time

from crowd import growth
from measuring import Figure, resident_megabytes

from bot.cli.dev.try_command import trial
from bot.instrumentation.outcomes import Outcome
from bot.jobs.daily_cleanup import NOBODY

_HOMES = int(os.environ.get("BENCH_HOMES", "200"))


async def growing() -> list[Figure]:
    """Measure what `/jhub storage grow` of many homes leaves behind in the process, and how long one takes."""
    async with trial(("alerts.enabled=false",), arguments=("--users", str(_HOMES + _HOMES // 2))) as world:
        operator, samples, begun = world.person("operator"), list[float](), time.monotonic()
        claims = await world.bot.first.context.reads(NOBODY).kube.claims()
        owners = [one.user for one in claims if one.user]
        once = [one for one in dict.fromkeys(owners) if owners.count(one) == 1][:_HOMES]
        for name in once:
            if await world.command(operator, f"storage grow {name} 20Gi") is not Outcome.DONE:
                raise RuntimeError(f"the home of {name} did not grow")
            # What the emulated Teams remembers is not the bot's.
            world.teams.activities.clear()
            samples.append(resident_megabytes(os.getpid()))
        each = (time.monotonic() - begun) / len(once)
    print(
        f"{len(once)} homes, {each:.1f} s each; MB: {' '.join(f'{one:.0f}' for one in samples[::20])} {samples[-1]:.1f}"
    )
    return [Figure(f"memory that {len(once)} enlarged homes leave, last half", round(growth(samples), 2), 2.0, "MB")]
