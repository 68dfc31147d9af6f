"""Helm: releases, charts, what a rendering would give, and a helm that ends as a test says."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from clients.errors import NotFound
from clients.helm import Chart, ChartFiles, FailureReason, Release, Rendered, UpgradeResult, bot_labels
from tests.world.constants import IMAGE, NOW, OLU, SECRET

if TYPE_CHECKING:
    from tests.world.world import World


def release(revision: int = 3, tag: str = "3f9a41c", status: str = "deployed", **more) -> Release:
    """Return a revision of the release, whose values hold SECRET and the image's `tag`."""
    made = Release(
        name="jupyterhub",
        namespace="jhub",
        revision=revision,
        status=status,
        chart=Chart("jupyterhub", "4.4.0", "5.5.0"),
        first_deployed=NOW - timedelta(days=21),
        last_deployed=NOW - timedelta(days=3),
        description="Upgrade complete",
        labels={},
        values={
            "hub": {"config": {"AzureAdOAuthenticator": {"client_secret": SECRET}}},
            "singleuser": {"image": {"name": IMAGE, "tag": tag}, "memory": {"limit": "8G"}},
        },
        defaults={},
        manifest="",
    )
    return replace(made, **more)


def automatic(contact: str = "hub@example.com", **more) -> Release:
    """Return a revision whose values have the certificate issued by Let's Encrypt."""
    https = {"enabled": True, "hosts": ["hub.example.org"], "letsencrypt": {"contactEmail": contact}}
    plain = release(**more)
    return replace(plain, values={**plain.values, "proxy": {"https": https}})


def by_olu(revision: int, operation: str = "op-1") -> dict[str, str]:
    """Return the labels of a revision that Olu made through the bot."""
    return bot_labels(revision, OLU, operation)


def chart_files(version: str = "4.4.0", app_version: str = "5.5.0", **more) -> ChartFiles:
    """Return the contents of a version of the chart, without a schema."""
    return replace(ChartFiles(version, app_version, {"singleuser": {"memory": {"guarantee": "1G"}}}, None), **more)


@dataclass
class ReleaseReads:
    """Helm's records: `World.releases`, newest first."""

    world: "World"

    async def current(self):
        found = await self.world.answer("releases")
        return found[0] if found else None

    async def deployed(self):
        return next((one for one in await self.world.answer("releases") if one.status == "deployed"), None)

    async def history(self, limit=10):
        return (await self.world.answer("releases"))[:limit]


@dataclass
class HelmReads:
    """The helm that the bot runs: `World.helm_program`. It is not at work."""

    world: "World"

    async def is_running(self):
        return False

    async def program(self):
        return await self.world.answer("helm_program")


@dataclass
class ChartReads:
    """The chart's versions: `World.charts`, newest first."""

    world: "World"

    async def local_version(self):
        return self.world.chart

    async def versions(self):
        return list(await self.world.answer("charts"))

    async def files(self, version):
        found = await self.world.answer("charts")
        if version not in found:
            raise NotFound(f"The chart's repository has no version {version} of jupyterhub")
        return found[version]


@dataclass
class RenderingReads:
    """`helm template`: `World.renders`, or else the live manifest. `asked` keeps the arguments of each call."""

    world: "World"
    asked: list[dict[str, object]] = field(default_factory=list)

    async def render(self, **asked):
        self.asked.append(asked)
        if self.world.renders is not None:
            return self.world.renders(**asked)
        live = await ReleaseReads(self.world).deployed() or await ReleaseReads(self.world).current()
        return Rendered("jupyterhub", asked["version"], live.chart.app_version, live.manifest)


@dataclass
class Helm:
    """A helm that ends as `ends` returns, or without it runs until it is stopped; `asked` keeps its arguments."""

    ends: Callable[[], UpgradeResult] | None
    asked: list[dict[str, object]] = field(default_factory=list)
    stopped: bool = False

    async def upgrade(self, *, stop, **asked):
        self.asked.append(asked)
        # Long enough for the watch to have yielded all that it has.
        for _ in range(50):
            await asyncio.sleep(0)
        if self.ends is not None:
            return self.ends()
        async with asyncio.timeout(240):
            await stop.wait()
        self.stopped = True
        return UpgradeResult(False, FailureReason.CANCELLED, "The upgrade was cancelled while it ran.")

    async def rollback(self, *, stop, **asked):
        return await self.upgrade(stop=stop, rollback=True, **asked)

    async def uninstall(self, *, stop, **asked):
        return await self.upgrade(stop=stop, uninstall=True, **asked)
