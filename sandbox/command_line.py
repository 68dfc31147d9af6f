"""The command line of the sandbox: run one, print where its services are, and stop it."""

import argparse
import asyncio
import contextlib
import gc
import json
import math
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from sandbox.apiserver.objects.resource_kinds import Json
from sandbox.faults.control_routes import PATH
from sandbox.helm.errors import HelmError
from sandbox.lifetime import LOOPBACK
from sandbox.scenario import story
from sandbox.scenario.private_files import CannotStartError
from sandbox.server import Options, Sandbox, running


def main(arguments: Sequence[str] | None = None, more: Callable[[Json], str] = lambda _: "") -> int:
    """Run a sandbox until it is told to stop. Return the exit status: 0, or 2 if it could not start.

    `more` returns further lines for the introduction of a sandbox that is ready.
    """
    given = _parser().parse_args(arguments)
    options = Options(given.port, given.users, given.empty, given.kubeconfig, given.state_dir, given.speed)
    try:
        text = _as_json if given.json else lambda sandbox: _introduction(sandbox, more(sandbox.ready))
        return asyncio.run(_until_stopped(options, text, with_parent=given.stop_with_parent))
    except CannotStartError as error:
        _complain(str(error))
    except HelmError as error:
        _complain(f"Helm could not install the hub: {error}")
    return 2


def _as_json(sandbox: Sandbox) -> str:
    return json.dumps(sandbox.ready)


async def _until_stopped(options: Options, text: Callable[[Sandbox], str], *, with_parent: bool) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if with_parent:
        await _stop_at_end_of_input(stop)
    work = asyncio.create_task(_run(options, text))
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait({work, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    # Even while it is still being built: cancelling it unwinds whatever has been started.
    work.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await work
    return 0


async def _run(options: Options, text: Callable[[Sandbox], str]) -> None:
    async with running(options) as sandbox:
        # All of it lasts: the garbage collector, off while it was built, need not scan it.
        gc.freeze()
        gc.enable()
        print(text(sandbox), flush=True)  # noqa: T201 - its output
        await asyncio.Event().wait()


async def _stop_at_end_of_input(stop: asyncio.Event) -> None:
    """Set `stop` at the end of standard input: a pipe from the parent, which ends when that does, however it ends."""

    class _End(asyncio.Protocol):
        def connection_lost(self, _: Exception | None) -> None:
            stop.set()

    await asyncio.get_running_loop().connect_read_pipe(_End, sys.stdin)


def _introduction(sandbox: Sandbox, more: str) -> str:
    ready, bare = sandbox.ready, sandbox.ready["empty"]
    faults = f"{ready['control_url']}{PATH}"
    counts = ", ".join(f"{count} {what}" for what, count in story.describe(sandbox.store).items())
    return "\n".join(
        [
            f"{'A bare cluster' if bare else 'A JupyterHub on Kubernetes'} in one process: {counts}.",
            "",
            f"  kubectl --kubeconfig {ready['kubeconfig']} get pods",
            f"  helm --kubeconfig {ready['kubeconfig']} {_first(ready) if bare else _later(ready)}",
            "",
            f"  Kubernetes   {ready['api_url']}",
            f"  Hub          {ready['hub_url']}/hub/api ({_token_of(ready)})",
            f"  Public       https://{ready['public_host']} at {LOOPBACK}:{ready['public_port']}",
            f"  Authority    {ready['ca_file']}",
            "",
            "Break something, list what can be broken, repair it:",
            "",
            f"""  curl -X PUT {faults} -d '{{"what": "cert"}}'""",
            f"  curl {faults}",
            f"  curl -X DELETE '{faults}?what=cert'",
            "",
            *([more, ""] if more else []),
            "Press Ctrl-C to stop.",
        ]
    )


def _first(ready: Json) -> str:
    chart = f"{ready['chart']} --repo {ready['chart_repository']}"
    return f"install {ready['release']} {chart} --namespace {ready['namespace']} --create-namespace"


def _later(ready: Json) -> str:
    return f"history {ready['release']}"


def _token_of(ready: Json) -> str:
    return "token in the Secret that the chart creates" if ready["empty"] else f"token in {ready['hub_token_file']}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sandbox", description="A JupyterHub on Kubernetes in one process.")
    parser.add_argument("--port", type=_port, default=0, help="port of the Kubernetes API; any free port by default")
    parser.add_argument("--users", type=_count, default=40, help="number of the hub's users")
    parser.add_argument("--empty", action="store_true", help="start a bare cluster, without a release")
    parser.add_argument("--kubeconfig", type=Path, help="where to write the kubeconfig")
    parser.add_argument("--state-dir", type=Path, help="folder for tokens and certificates")
    parser.add_argument("--speed", type=_speed, default=1.0, help="seconds that pass in the sandbox per real second")
    parser.add_argument("--json", action="store_true", help="print what is ready as one line of JSON")
    parser.add_argument("--stop-with-parent", action="store_true", help="stop when standard input is closed")
    return parser


def _port(text: str) -> int:
    return _within(int(text), 0, 65535)


def _count(text: str) -> int:
    return _within(int(text), 0, 50_000)


def _within(number: int, least: int, most: int) -> int:
    if not least <= number <= most:
        raise argparse.ArgumentTypeError(f"{number} is not between {least} and {most}")
    return number


def _speed(text: str) -> float:
    speed = float(text)
    if not (math.isfinite(speed) and speed > 0):
        raise argparse.ArgumentTypeError(f"{text} is not a number greater than 0")
    return speed


def _complain(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201 - the command line's errors
