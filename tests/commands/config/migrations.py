"""Old values in a release or a file, and their migration."""

from copy import deepcopy

from clients.helm import UpgradeResult
from commands.chart.value_fixes import converted
from commands.config import migrate as config_migrate
from commands.release.arguments import ChartVersion
from tests.world import SECRET, Doing, Helm, Home, World, home, node
from tests.world.old_values import ALL, CRYPT_KEY, PULL_SECRET, RUNBOOK, live

COMMAND = config_migrate.COMMAND
SECRETS = (SECRET, PULL_SECRET, CRYPT_KEY)
DONE = converted(RUNBOOK, "1.1.3", "4.4.0").values


def world(version="1.1.3", values=RUNBOOK, written=None, **more):
    given = {"claims": [home("ann@example.org", "claim-ann-40example-2eorg")], "nodes": [node("n", "users")], **more}
    made = World(releases=[live(version, values)], chart=None, charts=dict(ALL), **given)
    if written is not None:
        made.home = Home(made, deepcopy(written))
    return made


def without_secrets(values):
    """The runbook's file: what the release has without what must not be in a repository."""
    made = deepcopy(values)
    del made["auth"]["azuread"]["clientSecret"], made["auth"]["state"]["cryptoKey"]
    del made["singleuser"]["imagePullSecret"]["password"]
    return made


async def planned(outside, version="4.4.0"):
    return await COMMAND.plan(config_migrate.Args(ChartVersion.parse(version) if version else None), outside.reads)


class Deploys(Helm):
    """A helm after which the values are live."""

    def __init__(self, outside):
        super().__init__(lambda: UpgradeResult(True))
        self.outside = outside

    async def upgrade(self, *, stop, **asked):
        ended = await super().upgrade(stop=stop, **asked)
        self.outside.releases.insert(0, live("1.1.3", asked["values"], revision=4, labels=asked["labels"]))
        return ended


async def migrated(outside, version="4.4.0", ends=lambda: UpgradeResult(True)):
    plan = await planned(outside, version)
    doing = Doing(outside, Helm(ends))
    return plan, doing, await COMMAND.apply(plan, doing)
