"""The bot as a process: its start, its memory, `jhub-bot try`, many people, and turns per second."""

import asyncio
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from crowd import at_once, crowd, growth, long_day, p95, people
from measuring import AS_INSTALLED, JHUB_BOT, Figure, cpu_seconds, resident_megabytes, served
from turns import turns

from bot.cli.dev.sandbox_process import sandbox

_COMMANDS = int(os.environ.get("BENCH_COMMANDS", "10000"))
# The commands, in turn: answers from memory, from the cluster, from the hub, from the bot's own tables, and mistakes.
_LINES = ("/jhub help", "/jhub whoami", "/jhub pods", "/jhub help deploy", "/jhub nonsense", "/jhub approvals", "/jhub")
# The `jhub-bot` of another build, to be measured in turns with this one: only their ratio means much on a busy machine.
_BESIDE = os.environ.get("BENCH_BESIDE", "")
_STARTS = 5


async def serving() -> list[Figure]:
    """Measure the time until `jhub-bot serve` is ready, and its memory after answering."""
    async with sandbox() as world:
        with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as another:
            starts, beside = [], []
            for _ in range(_STARTS):
                async with served(world, Path(folder)) as (seconds, process, _):
                    starts.append(seconds)
                    resident = resident_megabytes(process.pid)
                if _BESIDE:
                    async with served(world, Path(another), times=0, program=_BESIDE) as (seconds, _, _):
                        beside.append(seconds)
    return [
        Figure("ready after start", round(statistics.median(starts), 2), 1.0, "s"),
        *_against("ready after start", starts, beside, 0.6),
        Figure("resident memory at 40 users", round(resident), 200.0, "MB"),
    ]


async def trying() -> list[Figure]:
    """Measure `jhub-bot try "/jhub status"`: the processor time of all its processes, and the waiting."""
    ours, others = [], []
    # The first of each is not counted: it may write byte code.
    for _ in range(_STARTS + 1):
        ours.append(await _tried(JHUB_BOT))
        others += [await _tried(_BESIDE)] if _BESIDE else []
    computed, waited = zip(*ours[1:], strict=True)
    theirs = list(zip(*others[1:], strict=True)) or [(), ()]
    name = "jhub-bot try /jhub status"
    return [
        Figure(f"{name}, processor time", round(statistics.median(computed), 2), 3.15, "s"),
        *_against(f"{name}, processor time", computed, theirs[0], 0.5),
        Figure(f"{name}, waiting", round(statistics.median(waited), 2), 4.3, "s"),
        *_against(f"{name}, waiting", waited, theirs[1], 0.5),
    ]


def _against(name: str, ours: Sequence[float], others: Sequence[float], limit: float) -> list[Figure]:
    """Return the median of the ratios, pair by pair; nothing without another build."""
    ratios = [one / other for one, other in zip(ours, others, strict=False)]
    return [Figure(f"{name}, against {_BESIDE}", round(statistics.median(ratios), 2), limit, "ratio")] if ratios else []


async def _tried(program: str) -> tuple[float, float]:
    """Return the seconds of processor time, and of waiting."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    command = (program, "try", "/jhub status")
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.DEVNULL, env=os.environ | AS_INSTALLED, cwd="/"
    )
    if await process.wait() != 0:
        raise SystemExit(f"{program} try ended with status {process.returncode}")
    waited, after = time.monotonic() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, waited


async def many() -> list[Figure]:
    """Measure fifty people at once, and a bot that has answered ten thousand commands."""
    async with sandbox() as world:
        with tempfile.TemporaryDirectory() as folder:
            async with served(world, Path(folder), times=1) as (_, process, url), crowd(world, url) as made:
                who = people(world)
                before = cpu_seconds(process.pid)
                waited = await at_once(made, who, "/jhub help")
                each = (cpu_seconds(process.pid) - before) / len(waited) * 1000
                lines = [_LINES[number % len(_LINES)] for number in range(_COMMANDS)]
                samples = await long_day(made, who, lines, lambda: resident_megabytes(process.pid))
    # As many seconds as that are lost where the machine is shared: the load is part of the figure.
    load = f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    print(f"load of this machine: {load}; the bot computes {each:.1f} ms for an answer")
    return [
        Figure(f"/jhub help of {len(who)} people at once, 95 of 100", round(p95(waited) * 1000), 500.0, "ms"),
        Figure(f"resident memory after {_COMMANDS:,} commands", round(samples[-1]), 250.0, "MB"),
        Figure("its growth over the last half of them", round(growth(samples), 1), 2.0, "MB"),
    ]


async def stock() -> list[Figure]:
    """Measure turns per second against botbuilder's own echo bot, each with its token check, over HTTP."""
    ours, its = await turns()
    name = f"botbuilder's turns a second ({its:.0f}) against ours ({ours:.0f})"
    return [Figure(name, round(its / ours, 3), 0.333, "ratio")]
