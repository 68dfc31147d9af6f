"""The sandbox as a child process: where its parts listen, and the settings of a bot that runs it."""

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

# A world of 5,000 users takes some seconds; a machine under load several times that.
_READY_WITHIN = 300.0
_END_WITHIN = 10.0
# What makes a hub another one; people, their groups and what is said of them are those of the first.
_OF_A_HUB = ("kubernetes", "release", "hub", "public", "login", "azure", "registry", "test", "prometheus")
# The values that a first installation begins with, in the folder of the bot's state.
VALUES, SECRETS = "config.yaml", "secrets.yaml"


class SandboxError(Exception):
    """The sandbox did not start. The message says why, for the terminal."""


class UnknownPersonError(Exception):
    """Nobody of that name lives in the sandbox. The message lists who does."""


@dataclass(frozen=True)
class Inhabitant:
    """Somebody who can write to the bot. `role` is empty for people who are in none of its groups."""

    role: str
    id: str
    name: str
    upn: str
    object_id: str


@dataclass(frozen=True)
class SandboxWorld:
    """Report that the sandbox prints when it is ready."""

    ready: dict[str, object]

    @property
    def tenant(self) -> str:
        """Id of the tenant that all inhabitants belong to."""
        return str(self.ready["tenant_id"])

    @property
    def people(self) -> tuple[Inhabitant, ...]:
        """The inhabitants, the one who sits at the Playground first."""
        listed = self.ready["people"]
        assert isinstance(listed, list)  # noqa: S101 - the sandbox is of this version
        return tuple(Inhabitant(p["role"] or "", p["id"], p["name"], p["upn"], p["aad_object_id"]) for p in listed)

    def person(self, who: str) -> Inhabitant | None:
        """Return an inhabitant by role ("nobody" for who is in no group), UPN or id, in any case; None for nobody's."""
        wanted = "" if who.lower() == "nobody" else who.lower()
        known = (p for p in self.people if wanted in (p.role, p.upn.lower(), p.id.lower()))
        return next(known, None)

    @property
    def is_empty(self) -> bool:
        """True if it began as a bare cluster, without a hub."""
        return bool(self.ready["empty"])

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags of its users' image, the one to deploy next last."""
        listed = self.ready["tags"]
        assert isinstance(listed, list)  # noqa: S101 - the sandbox is of this version
        return tuple(map(str, listed))

    @property
    def faults(self) -> str:
        """Address at which to break and heal it."""
        return f"{self.ready['control_url']}/_sandbox/faults"

    @property
    def clock(self) -> str:
        """Address at which its time is moved ahead."""
        return f"{self.ready['control_url']}/_sandbox/clock"

    @property
    def listed(self) -> str:
        """The inhabitants as text, for a message."""
        return ", ".join(f"{person.role or 'nobody'} ({person.upn})" for person in self.people)

    def settings(self, state_dir: Path) -> dict[str, object]:
        """Return the configuration of a bot for this world, in the form of its YAML file."""
        r = self.ready
        return {
            "kubernetes": {"kubeconfig": r["kubeconfig"], "namespace": r["namespace"]},
            "release": {"name": r["release"], "chart": r["chart"], "repository": r["chart_repository"]},
            "hub": {
                "url": r["hub_url"],
                "services_url": r["hub_url"],
                **({"token_secret": {}} if self.is_empty else {"token_file": r["hub_token_file"]}),
            },
            "public": {
                "host": r["public_host"],
                "port": r["public_port"],
                "address": r["public_address"],
                "trust_file": r["ca_file"],
                "http_port": r["http_port"],
                "nameserver": r["nameserver"],
                "acme_directory": r["acme_directory"],
            },
            "access": {role: [group] for role, group in self.groups.items()},
            "graph": {"url": r["graph_url"], "token_file": r["graph_token_file"]},
            "test": {"url": r["hub_url"]},
            "login": {"url": r["login_url"]},
            "azure": {
                "url": r["azure_url"],
                "token_file": r["azure_token_file"],
                "subscription_id": r["subscription_id"],
                "resource_group": r["resource_group"],
                "cluster": r["cluster"],
                "bot": r.get("bot", ""),
            },
            "key_vault": {"token_file": r["vault_token_file"]},
            "registry": {
                "login_server": r["login_server"],
                "url": r["registry_url"],
                "name": r["registry_name"],
                "token_file": r["registry_token_file"],
            },
            "image": {
                "repository": r["image_repository"],
                "repository_token": f"keyvault:{r['vault_url']}/secrets/repository-token",
                "notebooks_repository": r["notebooks_repository"],
            },
            "prometheus": {
                "url": r["prometheus_url"],
                "token_file": r["prometheus_token_file"],
                "labels": {"cluster": r["cluster"]},
            },
            "values": self._values(state_dir),
            "state_dir": str(state_dir),
        }

    def further(self) -> dict[str, object]:
        """Return what a configuration says of this world's hub where it is not the first one (`hubs`)."""
        whole = self.settings(Path())
        # The first hub's vault has no token for what builds this one's image.
        return {**{name: whole[name] for name in _OF_A_HUB}, "values": {}, "image": {}}

    def _values(self, state_dir: Path) -> dict[str, object]:
        """Return the setting of the values' home: the release unless a bot is told otherwise (--set values.home=git).

        Without a release, it is a file.
        """
        if self.is_empty:
            return {"home": "file", "file": str(state_dir / VALUES), "secrets_file": str(state_dir / SECRETS)}
        return {
            "repository": self.ready["config_repository"],
            "token_file": self.ready["config_repository_token_file"],
        }

    @property
    def groups(self) -> dict[str, dict[str, str]]:
        """The directory's groups by the role they give: id and name."""
        listed = self.ready["groups"]
        assert isinstance(listed, dict)  # noqa: S101 - the sandbox is of this version
        return {role: {"id": group["id"], "name": group["name"]} for role, group in listed.items()}


@contextlib.asynccontextmanager
async def sandbox(arguments: Sequence[str] = ()) -> AsyncIterator[SandboxWorld]:
    """Run a sandbox while the block lasts. Raise SandboxError."""
    async with begun(arguments) as ready:
        yield await ready()


@contextlib.asynccontextmanager
async def begun(arguments: Sequence[str] = ()) -> AsyncIterator[Callable[[], Awaitable[SandboxWorld]]]:
    """Begin to build a sandbox, and run it while the block lasts. Yield a function that waits until it is ready, once.

    That raises SandboxError.
    """
    command = (sys.executable, "-m", "sandbox", "--json", "--stop-with-parent", *arguments)
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, start_new_session=True, limit=1 << 20
    )
    try:
        yield partial(_ready, process)
    finally:
        await _end(process)


@contextlib.asynccontextmanager
async def beside(names: Sequence[str], arguments: Sequence[str] = ()) -> AsyncIterator[dict[str, object]]:
    """Run a further sandbox for each name while the block lasts; yield the setting `hubs`. Raise SandboxError."""
    async with contextlib.AsyncExitStack() as stack:
        yield {name: (await stack.enter_async_context(sandbox(arguments))).further() for name in names}


async def _ready(process: asyncio.subprocess.Process) -> SandboxWorld:
    assert process.stdout is not None  # noqa: S101 - asked for above
    try:
        async with asyncio.timeout(_READY_WITHIN):
            line = await process.stdout.readline()
    except TimeoutError:
        raise SandboxError(f"the sandbox was not ready within {_READY_WITHIN:.0f} s") from None
    if not line:
        raise SandboxError("the sandbox ended before it was ready; its reason stands above")
    ready = json.loads(line)
    if not isinstance(ready, dict):
        raise SandboxError("the sandbox printed something other than that it is ready")
    return SandboxWorld(ready)


async def _end(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(_END_WITHIN):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
