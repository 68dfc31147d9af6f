"""What Kubernetes would refuse of the changes between two manifests."""

import pytest

from commands.release.immutable_fields import quantity, refusals
from tests.commands.release.changes import changes
from tests.world.manifests import Hub, claim


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (Hub().put("PersistentVolumeClaim", "hub-db-dir", ("spec", "storageClassName"), "premium"), "storageClassName"),
        (Hub().put("PersistentVolumeClaim", "hub-db-dir", ("spec", "accessModes"), ["ReadWriteMany"]), "accessModes"),
        (
            Hub().put("PersistentVolumeClaim", "hub-db-dir", ("spec", "resources", "requests", "storage"), "500Mi"),
            "smaller",
        ),
        (
            Hub().put("Deployment", "hub", ("spec", "selector", "matchLabels"), {"app": "x"}),
            "selector of Deployment hub",
        ),
        (Hub().put("StatefulSet", "user-placeholder", ("spec", "serviceName"), "x"), "serviceName of StatefulSet"),
        (Hub().put("RoleBinding", "hub", ("roleRef", "name"), "x"), "roleRef of RoleBinding hub"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_what_may_not_change_is_known(after, said):
    (text,) = refusals(changes(after))
    assert said in text
    assert "the deployment would fail" in text


@pytest.mark.parametrize(
    "after",
    [
        Hub(),
        Hub().put("PersistentVolumeClaim", "hub-db-dir", ("spec", "resources", "requests", "storage"), "2Gi"),
        Hub().put("PersistentVolumeClaim", "hub-db-dir", ("metadata", "labels", "more"), "x"),
        Hub().put("StatefulSet", "user-placeholder", ("spec", "replicas"), 9),
        Hub().put("Deployment", "hub", ("spec", "replicas"), 0),
        Hub().without("PersistentVolumeClaim", "hub-db-dir"),
        Hub().plus(claim(name="another")),
    ],
)
def test_what_may_change_is_not_refused(after):
    assert refusals(changes(after)) == ()


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1Gi", 2**30),
        ("1.5Gi", 1.5 * 2**30),
        ("500M", 5e8),
        ("1073741824", 2**30),
        ("10k", 1e4),
        (None, None),
        ("x", None),
    ],
)
def test_quantities(text, size):
    assert quantity(text) == size
