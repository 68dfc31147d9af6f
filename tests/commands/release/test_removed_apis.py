"""Objects in helm's record whose API a version of Kubernetes has removed."""

from dataclasses import replace

import pytest

from clients.errors import Unavailable
from commands.release.removed_apis import gone_in, named, of_release, removed_objects
from tests.world import release

BUDGET = """
---
# Source: jupyterhub/templates/hub/pdb.yaml
apiVersion: policy/v1beta1
kind: PodDisruptionBudget
metadata: {name: hub}
"""


def a(api, kind, name="x"):
    return f"---\napiVersion: {api}\nkind: {kind}\nmetadata: {{name: {name}}}\n"


@pytest.mark.parametrize(
    ("api", "kind", "last", "first"),
    [
        ("policy/v1beta1", "PodDisruptionBudget", "1.24.17", "1.25.0"),
        ("policy/v1beta1", "PodSecurityPolicy", "1.24", "1.25"),
        ("networking.k8s.io/v1beta1", "Ingress", "v1.21.9", "v1.22.0"),
        ("extensions/v1beta1", "Ingress", "1.21", "1.22"),
        ("extensions/v1beta1", "Deployment", "1.15", "1.16"),
        ("batch/v1beta1", "CronJob", "1.24", "1.25"),
        ("autoscaling/v2beta2", "HorizontalPodAutoscaler", "1.25", "1.26"),
        ("rbac.authorization.k8s.io/v1beta1", "Role", "1.21", "1.22"),
        ("flowcontrol.apiserver.k8s.io/v1beta2", "FlowSchema", "1.28", "1.29"),
        ("flowcontrol.apiserver.k8s.io/v1beta3", "FlowSchema", "1.31", "1.32"),
        ("storage.k8s.io/v1beta1", "CSIStorageCapacity", "1.26", "1.27"),
    ],
)
def test_an_api_is_gone_from_its_version_on(api, kind, last, first):
    found = removed_objects(a(api, kind))
    assert gone_in(found, last) == ()
    assert [(one.kind, one.api) for one in gone_in(found, first)] == [(kind, api)]


@pytest.mark.parametrize(
    ("api", "kind"),
    [
        ("policy/v1", "PodDisruptionBudget"),
        ("networking.k8s.io/v1beta1", "ServiceCIDR"),
        ("storage.k8s.io/v1beta1", "VolumeAttributesClass"),
        ("coordination.k8s.io/v1beta1", "LeaseCandidate"),
        ("v1", "Service"),
        ("example.org/v1beta1", "Ingress"),
    ],
)
def test_what_newer_versions_have_is_not_named(api, kind):
    assert removed_objects(a(api, kind)) == ()


def test_objects_are_named_with_what_to_look_for_and_the_rest_is_counted():
    found = removed_objects(BUDGET + "".join(a("batch/v1beta1", "CronJob", f"c{at}") for at in range(4)))
    assert "CronJob c0 (batch/v1beta1, gone in 1.25)" in named(found)
    assert named(found).endswith(" and 2 more")
    assert gone_in(found, "unknown") == ()


def test_odd_documents_are_passed_over():
    odd = "---\n[]\n---\nkind: [1]\napiVersion: {a: b}\nmetadata: {name: x}\n---\njust text\n"
    assert len(removed_objects(odd + BUDGET)) == 1


async def test_what_is_no_yaml_is_not_known():
    made = await of_release(replace(release(), manifest="a: [hunter2"))
    assert isinstance(made, Unavailable)
    assert "hunter2" not in str(made)
