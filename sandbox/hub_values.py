"""What the installed release says about users' servers: the hub reads it from the Secret that the chart made for it."""

import base64
from dataclasses import replace

import yaml

from sandbox.kube.resources import SECRET, Json
from sandbox.kube.store import Store
from sandbox.spawner import Profile

# What z2jh leaves to the cluster when no class is named.
_DEFAULT_CLASS = "default"


def as_installed(store: Store, profile: Profile) -> Profile:
    """`profile` with what the release has now: image, storage, nodes; as it is where no release is installed."""
    secret = store.find(SECRET, profile.namespace, "hub")
    if secret is None or "values.yaml" not in secret.get("data", {}):
        return profile
    values: Json = yaml.safe_load(base64.b64decode(secret["data"]["values.yaml"]))
    image, storage = values["singleuser"]["image"], values["singleuser"]["storage"]
    return replace(
        profile,
        image=f"{image['name']}:{image['tag']}",
        capacity=storage["capacity"],
        storage_class=storage["dynamic"]["storageClass"] or _DEFAULT_CLASS,
        match_node_purpose=values["scheduling"]["userPods"]["nodeAffinity"]["matchNodePurpose"],
    )
