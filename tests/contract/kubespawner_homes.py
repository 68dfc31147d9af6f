"""Names of claims by the real KubeSpawner: reads cases as JSON, and writes for each the claim that it would mount.

It runs in a process of its own, which KUBECONFIG has to name a file for: KubeSpawner loads one when it is made.
"""

import asyncio
import json
import sys
from types import SimpleNamespace

from kubespawner import KubeSpawner
from traitlets.config import Config


async def main():
    """Write the name and the expanded folder for each case; nothing is sent to any cluster."""
    made = []
    for settings, folder, user, server in json.load(sys.stdin):
        person = SimpleNamespace(name=user, id="{userid}", url="/", settings={})
        spawner = KubeSpawner(user=person, config=Config({"KubeSpawner": settings}), _mock=True)
        # What the hub sets of a named server, before it asks for the name again.
        spawner.orm_spawner = SimpleNamespace(name=server, server=None)
        made.append(
            [
                spawner._expand_user_properties(spawner.pvc_name_template),
                spawner._expand_user_properties(folder),
            ]
        )
    json.dump(made, sys.stdout)


asyncio.run(main())
