"""Volumes and the claims that they are bound to, as Kubernetes' controller moves them."""

from dataclasses import replace
from typing import TYPE_CHECKING

from tests.world.kubernetes_objects import volume

if TYPE_CHECKING:
    from tests.world.world import World


def volumes_of(world: "World") -> list:
    """Return the world's volumes: those that it was given, or those of its claims."""
    if isinstance(world.claims, Exception):
        raise world.claims
    if world.volumes is None:
        return [volume(one) for one in {one.volume: one for one in world.claims if one.volume}.values()]
    return world.volumes


def change_volume(world: "World", name: str, uid: str, **more) -> bool:
    """Change exactly this volume, and let the controller do its part. Return False if it is gone."""
    world.volumes = volumes_of(world)
    there = [one for one in world.volumes if (one.name, one.uid) == (name, uid)]
    world.volumes = [replace(one, **more) if one in there else one for one in world.volumes]
    world.settle()
    return bool(there)


def marked(before, changes) -> dict:
    """Return labels or annotations after a merge patch."""
    return {key: value for key, value in {**before, **changes}.items() if value is not None}


def settle_volumes(world: "World") -> None:
    """Release, delete and bind volumes, once any of them was changed."""
    if world.volumes is None:
        return
    uids = {one.uid for one in world.claims}
    lost = [one for one in world.volumes if one.claim_uid and one.claim_uid not in uids]
    world.volumes = [
        replace(one, phase="Released") if one in lost else one
        for one in world.volumes
        if one not in lost or one.reclaim_policy != "Delete"
    ]
    for one in [one for one in world.volumes if one.claim and not one.claim_uid]:
        _bind(world, one)


def _bind(world: "World", one) -> None:
    fitting = [claim for claim in world.claims if (claim.name, claim.volume) == (one.claim, one.name)]
    bound = [replace(one, phase="Bound", claim_uid=claim.uid) for claim in fitting] or [replace(one, phase="Available")]
    world.volumes = [bound[0] if known is one else known for known in world.volumes]
    world.claims = [replace(claim, phase="Bound") if claim in fitting else claim for claim in world.claims]
