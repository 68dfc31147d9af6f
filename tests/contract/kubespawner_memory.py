"""What the real KubeSpawner mounts for a user who was renamed: reads cases as JSON, and writes a claim for each.

It runs in a process of its own, which KUBECONFIG has to name a file for.
"""

import asyncio
import json
import sys
from types import SimpleNamespace

from kubespawner import KubeSpawner
from traitlets.config import Config


def spawner_of(user, settings):
    """A spawner as the hub makes one for a user."""
    person = SimpleNamespace(name=user, id="{userid}", url="/", settings={})
    made = KubeSpawner(user=person, config=Config({"KubeSpawner": settings}), _mock=True)
    made.orm_spawner = SimpleNamespace(name="", server=None)
    return made


async def main():
    """Let a server have run under the old name, stop, and start under the new one, with its state or without it."""
    told = []
    for settings, old, new, keeps_record in json.load(sys.stdin):
        before = spawner_of(old, settings)
        # What a start sets once the claim is there, and a stop leaves.
        before._pvc_exists = True
        before.clear_state()
        after = spawner_of(new, settings)
        if keeps_record:
            after.load_state(before.get_state())
        after.clear_state()
        told.append([after.pvc_name])
    json.dump(told, sys.stdout)


asyncio.run(main())
