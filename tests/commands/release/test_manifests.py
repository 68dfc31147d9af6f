"""Two manifests held against each other: what is in them, and what differs."""

import pytest

from commands.release.manifest_diff import ChangeKind
from commands.release.manifest_impact import listed
from commands.release.manifest_objects import Ref, objects
from tests.commands.release.changes import CHECKSUM, POD, changes
from tests.world.manifests import HIDDEN, Hub, thing


def test_objects_are_read_and_secrets_only_counted():
    found = objects(Hub().live, "jhub")
    assert Ref("Deployment", "hub") in found.found
    assert found.secrets == (("hub/secret.yaml", "hub"),)
    assert "djE=" not in repr(found)
    assert objects(Hub().text).secrets == (("hub/secret.yaml", ""),)


def test_another_namespace_is_part_of_the_name():
    manifest = (
        "kind: Role\nmetadata: {name: a, namespace: jhub}\n---\nkind: Role\nmetadata: {name: a, namespace: other}"
    )
    assert [str(ref) for ref in objects(manifest, "jhub").found] == ["Role a", "Role a in other"]


@pytest.mark.parametrize("text", ["", "---\n", "# only a comment", "- a\n- list", "kind: Nothing", f"---\n{HIDDEN}\n"])
def test_what_is_no_object_is_left_out(text):
    assert not objects(text).found


def test_what_is_no_yaml_is_not_quoted():
    with pytest.raises(ValueError, match="not YAML") as refused:
        objects("data: {password: hunter2")
    assert refused.value.__cause__ is None
    assert "hunter2" not in str(refused.value)


def test_the_digest_is_of_what_lasts():
    plain = objects(Hub().text).digest()
    assert objects(Hub().put("Deployment", "hub", CHECKSUM, "z").text).digest() == plain
    assert (
        objects(Hub().put("ConfigMap", "hub", ("metadata", "labels", "chart"), "jupyterhub-4.5.0").text).digest()
        == plain
    )
    assert objects(Hub(list(reversed(Hub().objects))).text).digest() == plain
    assert objects(Hub().put("Deployment", "hub", ("spec", "replicas"), 2).text).digest() != plain
    assert objects(Hub(secrets=()).text).digest() != plain


def test_nothing_differs_between_what_is_recorded_and_the_same_with_hidden_secrets():
    assert changes(Hub()) == ()


def test_the_charts_label_alone_is_no_difference():
    assert changes(Hub().put("ConfigMap", "hub", ("metadata", "labels", "chart"), "jupyterhub-4.5.0")) == ()


def test_made_changed_and_gone():
    after = Hub().put("ConfigMap", "hub", ("data", "z2jh.py"), "new").without("Role", "hub").plus(thing("Job", "new"))
    found = {(str(one.ref), one.what) for one in changes(after)}
    assert found == {
        ("ConfigMap hub", ChangeKind.CHANGED),
        ("Role hub", ChangeKind.REMOVED),
        ("Job new", ChangeKind.CREATED),
    }


def test_containers_are_compared_by_name_wherever_they_stand():
    extra = {"name": "sidecar", "image": "other:1"}
    before = Hub().put("Deployment", "hub", (*POD, "containers"), [{"name": "hub", "image": "a"}, extra])
    after = Hub().put("Deployment", "hub", (*POD, "containers"), [extra, {"name": "hub", "image": "b"}])
    (one,) = changes(after, before)
    assert [place.path for place in one.places] == [(*POD, "containers", "hub", "image")]


def test_values_in_objects_are_in_no_representation():
    (one,) = changes(Hub().put("ConfigMap", "hub", ("data", "z2jh.py"), "hunter2"))
    assert "hunter2" not in repr(one) + "".join(listed([one]))


def test_secrets_that_come_and_go_are_told_by_their_templates():
    after = Hub(secrets=("hub/secret.yaml", "image-pull-secret.yaml"))
    assert [str(one.ref) for one in changes(after)] == ["Secret of image-pull-secret.yaml"]
    assert [(str(one.ref), one.what) for one in changes(Hub(secrets=()))] == [("Secret hub", ChangeKind.REMOVED)]
