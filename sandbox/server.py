"""A running sandbox: Kubernetes API, controllers, hub, public HTTPS endpoint and the services around them.

It listens on this machine only and ends, with all that it started, when the block of `running` does.
"""

import contextlib
import tempfile
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

from sandbox.assembly import Options, Sandbox, assemble
from sandbox.endpoints import Endpoints

__all__ = ["Options", "Sandbox", "running"]


@contextlib.asynccontextmanager
async def running(options: Options) -> AsyncIterator[Sandbox]:
    """Run a sandbox while the block lasts.

    Raise CannotStartError for a port or a file that cannot be used, HelmError when the past fails.
    """
    async with contextlib.AsyncExitStack() as stack:
        folder = options.state_dir or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="jhub-sandbox-")))
        sandbox = await assemble(options, folder, stack)
        yield replace(sandbox, ready=await Endpoints(sandbox, folder, stack).open(empty=options.empty))
