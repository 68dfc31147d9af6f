"""The history of a release, and rollbacks in it."""

from clients.helm import Chart
from commands.release.arguments import RevisionNumber
from commands.rollout import rollback
from tests.world import (
    IMAGE,
    SECRET,
    release,
)

OLD_SECRET = "client-secret-of-before"


def values(tag, secret=SECRET):
    return {
        "hub": {"config": {"AzureAdOAuthenticator": {"client_secret": secret}}},
        "singleuser": {"image": {"name": IMAGE, "tag": tag}},
    }


def at(revision, tag, status="superseded", secret=SECRET, chart="4.4.0", hub="5.5.0", **more):
    return release(
        revision, tag, status, values=values(tag, secret), **{"chart": Chart("jupyterhub", chart, hub), **more}
    )


HISTORY = [at(5, "five", "deployed"), at(4, "four", "failed"), at(3, "three"), at(2, "two")]
RENAMED = release(1, status="superseded", chart=Chart("hub", "1.1.3", "1.4.2"))


async def planned(world, revision=None, **more):
    args = rollback.Args(RevisionNumber(str(revision)) if revision else None, **more)
    return await rollback.plan(args, world.reads)
