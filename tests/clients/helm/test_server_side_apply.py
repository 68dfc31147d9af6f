"""Conflicts of server-side apply, as helm 4.3.2 prints them."""

import pytest

from clients.helm.failure import FailureReason, classify, explain
from clients.helm.server_side_apply import conflicts, forbidden_object

ONE = (
    "Error: UPGRADE FAILED: conflict occurred while applying object jhub/hub apps/v1, Kind=Deployment: Apply failed "
    'with 1 conflict: conflict with "kubectl-edit" using apps/v1 at 2026-12-01T08:00:00Z: .spec.replicas\n'
)
SEVERAL = (
    "level=INFO msg=x\n"
    "Error: UPGRADE FAILED: conflict occurred while applying object jhub/hub apps/v1, Kind=Deployment: Apply failed "
    'with 4 conflicts: conflicts with "kubectl-edit" using apps/v1:\n'
    '- .spec.replicas\n- .spec.template.spec.containers[name="hub"].image\n'
    'conflicts with "argocd-controller":\n- .metadata.labels.app.kubernetes.io/name\n- .metadata.annotations.x && '
    "conflict occurred while applying object jhub/hub /v1, Kind=ConfigMap: Apply failed with 1 conflict: "
    'conflict with "flux" with subresource "scale" using v1: .data.checksum_hook-image-puller\n'
)


def found(errors):
    return [(one.kind, one.name, one.manager, one.fields) for one in conflicts(errors)]


def test_one_conflict_is_read():
    assert found(ONE) == [("Deployment", "hub", "kubectl-edit", (".spec.replicas",))]


def test_each_manager_and_each_object_is_read():
    assert found(SEVERAL) == [
        ("Deployment", "hub", "kubectl-edit", (".spec.replicas", '.spec.template.spec.containers[name="hub"].image')),
        (
            "Deployment",
            "hub",
            "argocd-controller",
            (".metadata.labels.app.kubernetes.io/name", ".metadata.annotations.x"),
        ),
        ("ConfigMap", "hub", "flux", (".data.checksum_hook-image-puller",)),
    ]


def test_people_read_who_has_which_field():
    assert explain(classify(ONE), ONE, {}) == (
        "Somebody else has set fields that the chart sets otherwise: "
        "Deployment hub: kubectl-edit has set spec.replicas."
    )
    assert "argocd-controller has set metadata.labels" in explain(FailureReason.CONFLICT, SEVERAL, {})


def test_many_are_counted():
    fields = "\n".join(f"- .data.key{number}" for number in range(9))
    many = "".join(ONE.replace("jhub/hub", f"jhub/o{number}") for number in range(6)) + (
        "conflict occurred while applying object a/b v1, Kind=ConfigMap: Apply failed with 9 conflicts: "
        f'conflicts with "x" using v1:\n{fields}'
    )
    assert len(conflicts(many)) == 7
    said = explain(FailureReason.CONFLICT, many, {})
    assert said.endswith("; and 3 more.")
    assert conflicts(many)[-1].text == "ConfigMap b: x has set data.key0, data.key1, data.key2 and 6 more"


@pytest.mark.parametrize("name", ["canary-value-1c9e", "eyJhbGciOi.eyJzdWIi.c2ln"])
def test_a_manager_that_is_named_like_a_secret_is_not_shown(name):
    assert name not in explain(FailureReason.CONFLICT, ONE.replace("kubectl-edit", name), {"a": "canary-value-1c9e"})


@pytest.mark.parametrize(
    "text", ["", "conflict occurred while applying object", ONE.replace(": .spec", ": spec"), '"' * 9000]
)
def test_what_is_none_is_passed_on_as_it_is(text):
    assert found(text) == []
    assert explain(FailureReason.CONFLICT, f"Error: {text}", {})


def test_an_object_of_the_cluster_is_named_and_one_of_the_namespace_is_not():
    words = (
        "server-side apply failed for object {}/hub rbac.authorization.k8s.io/v1, Kind=ClusterRole: x is forbidden: y"
    )
    assert forbidden_object(words.format("")) == "ClusterRole hub"
    assert forbidden_object(words.format("jhub")) == ""
    assert classify(f"Error: {words.format('jhub')}") is FailureReason.OTHER
