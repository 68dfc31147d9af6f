"""A world whose containers write logs."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from tests.world import NOW, KubeReads, World, for_ever


@dataclass
class Talking(World):
    """What containers have written, oldest line first, by pod and container: "2026-11-23T08:00:00Z text".

    `followed` is what a followed log says, one batch after another; it goes on for ever after the last unless `ends`.
    """

    logs: dict[tuple[str, str], list[str] | Exception] = field(default_factory=dict)
    followed: Sequence[list[str]] = ()
    ends: bool = False

    @property
    def reads(self):
        return replace(super().reads, kube=_Talkative(self))


@dataclass
class _Talkative(KubeReads):
    async def log(self, pod, container, *, since, lines, previous=False, stamped=False):
        assert stamped
        said = self.world.logs.get((pod, f"{container} before" if previous else container), [])
        if isinstance(said, Exception):
            raise said
        begin = f"{NOW - since:%Y-%m-%dT%H:%M:%S}" if since else ""
        text = "".join(f"{line}\n" for line in [one for one in said if one >= begin][-lines:])
        return text.encode()[: 2**20].decode("utf-8", "replace")

    async def follow_log(self, pod, container, *, since=None, lines=0):
        assert (pod, container, lines) != ("", "", 0)
        assert since is None
        for batch in self.world.followed:
            yield batch
            await asyncio.sleep(0)
        if not self.world.ends:
            await for_ever()
