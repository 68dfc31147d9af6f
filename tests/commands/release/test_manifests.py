"""Two manifests held against each other: what differs, what Kubernetes would refuse of it, what it means."""

import pytest

from commands.release.immutable_fields import quantity, refusals
from commands.release.manifest_diff import What, compare
from commands.release.manifest_impact import listed, meaning
from commands.release.manifest_objects import Ref, objects
from tests.world.manifests import HIDDEN, Hub, claim, puller, thing, workload

POD = ("spec", "template", "spec")
CHECKSUM = ("spec", "template", "metadata", "annotations", "checksum/secret")


def changes(after, before=None):
    return compare(objects((before or Hub()).live), objects(after.text))


def said(after, before=None, hooks=""):
    return meaning(changes(after, before), objects(hooks))


# What is in a manifest


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


# What differs


def test_nothing_differs_between_what_is_recorded_and_the_same_with_hidden_secrets():
    assert changes(Hub()) == ()


def test_the_charts_label_alone_is_no_difference():
    assert changes(Hub().put("ConfigMap", "hub", ("metadata", "labels", "chart"), "jupyterhub-4.5.0")) == ()


def test_made_changed_and_gone():
    after = Hub().put("ConfigMap", "hub", ("data", "z2jh.py"), "new").without("Role", "hub").plus(thing("Job", "new"))
    found = {(str(one.ref), one.what) for one in changes(after)}
    assert found == {("ConfigMap hub", What.CHANGED), ("Role hub", What.REMOVED), ("Job new", What.CREATED)}


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
    assert [(str(one.ref), one.what) for one in changes(Hub(secrets=()))] == [("Secret hub", What.REMOVED)]


# What Kubernetes would refuse


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


# What it means


@pytest.mark.parametrize(
    ("after", "line"),
    [
        (
            Hub().put("Deployment", "hub", (*POD, "containers", 0, "image"), "k8s-hub:5"),
            "The hub restarts, with image k8s-hub:5: logins",
        ),
        (Hub().put("Deployment", "hub", CHECKSUM, "z"), "The hub restarts, for the new contents of its Secret"),
        (
            Hub().put("Deployment", "hub", (*POD[:2], "metadata", "annotations", "checksum/config-map"), "z"),
            "The hub restarts, for its new configuration",
        ),
        (
            Hub().put("Deployment", "proxy", (*POD, "containers", 0, "image"), "chp:6"),
            "The proxy restarts, with image chp:6: every connection drops",
        ),
        (Hub().put("Deployment", "autohttps", (*POD, "containers", 0, "image"), "traefik:4"), "autohttps restarts"),
        (Hub().put("Deployment", "user-scheduler", (*POD, "nodeName"), "x"), "The users’ scheduler restarts: servers"),
        (
            Hub().put("StatefulSet", "user-placeholder", ("spec", "replicas"), 5),
            "Places kept free for new users: 2 → 5.",
        ),
        (
            Hub().put("DaemonSet", "continuous-image-puller", (*POD, "initContainers", 0, "image"), "new:1"),
            "Every user node pulls new:1, including new nodes.",
        ),
        (
            Hub().put("PersistentVolumeClaim", "hub-db-dir", ("spec", "resources", "requests", "storage"), "2Gi"),
            "The volume hub-db-dir grows: 1Gi → 2Gi.",
        ),
        (
            Hub().put("NetworkPolicy", "hub", ("spec", "ingress"), []),
            "The rules for which pods may reach which change: hub.",
        ),
        (Hub().put("Role", "hub", ("rules",), []), "The permissions of the hub’s parts in the cluster change: hub."),
        (Hub().without("Deployment", "user-scheduler"), "Removed part: user-scheduler."),
        (Hub().plus(workload("Deployment", "newcomer", "x:1")), "New part: newcomer."),
        (Hub().plus(claim(name="more")), "A new volume is created: more."),
        (Hub().plus(thing("Ingress", "jupyterhub")), "The access from outside changes: jupyterhub."),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_each_change_is_said_in_words(after, line):
    (told,) = said(after).lines
    assert told.startswith(line)


def test_what_does_not_restart_pods_is_no_restart():
    assert said(Hub().put("Deployment", "proxy", ("spec", "replicas"), 2)).lines == ()
    assert said(Hub()).lines == ()


def test_what_interrupts_everybody_comes_first():
    after = Hub().put("Deployment", "hub", (*POD, "x"), 1).put("Deployment", "proxy", (*POD, "x"), 1)
    told = said(after)
    assert [line.split(" restart")[0] for line in told.lines] == ["The proxy", "The hub"]
    assert told.interrupts
    assert not said(Hub().put("Deployment", "hub", (*POD, "x"), 1)).interrupts


def test_the_pull_before_all_else_is_said_once():
    new = puller(image="jhub.azurecr.io/notebook:7c1d2e9")
    after = Hub().put("DaemonSet", "continuous-image-puller", (*POD,), new["spec"]["template"]["spec"])
    hooks = Hub([puller("hook-image-puller", "jhub.azurecr.io/notebook:7c1d2e9")], ()).text
    (line,) = said(after, hooks=hooks).lines
    assert line.startswith("First, every user node pulls notebook:7c1d2e9;")


@pytest.mark.parametrize("field", ["type", "loadBalancerIP"])
def test_an_address_that_may_change_is_warned_of(field):
    told = said(Hub().put("Service", "proxy-public", ("spec", field), "x"))
    assert told.lines == ()
    (warning,) = told.warnings
    assert "public address of proxy-public may change" in warning


def test_a_way_in_that_goes_or_comes_is_warned_of():
    gone = said(Hub().without("Deployment", "autohttps"))
    assert gone.warnings[0].startswith("autohttps is removed: every connection drops")
    assert gone.interrupts
    (come,) = said(Hub(), Hub().without("Deployment", "autohttps")).warnings
    assert come.startswith("autohttps is added:")


def test_a_volume_that_shrinks_does_not_grow():
    small = Hub().put("PersistentVolumeClaim", "hub-db-dir", ("spec", "resources", "requests", "storage"), "500Mi")
    assert said(small).lines == ()


def test_a_volume_that_goes_is_warned_of():
    (warning,) = said(Hub().without("PersistentVolumeClaim", "hub-db-dir")).warnings
    assert warning == "The volume hub-db-dir is deleted with everything on it."


def test_many_of_a_kind_are_counted():
    after = Hub().plus(*(thing("NetworkPolicy", f"n{n}") for n in range(9)))
    assert said(after).lines == ("The rules for which pods may reach which change: n0, n1, n2, n3 and 5 more.",)


def test_objects_are_listed_with_what_differs_in_them_the_lost_first():
    after = (
        Hub()
        .put("Deployment", "hub", (*POD, "containers", 0, "image"), "k8s-hub:5")
        .put("Deployment", "hub", CHECKSUM, "z")
        .without("Role", "hub")
        .plus(thing("Job", "new"))
    )
    assert listed(changes(after)) == (
        "− Role hub",
        "+ Job new",
        "~ Deployment hub: contents of its Secret, image of hub",
    )
