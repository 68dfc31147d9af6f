"""What the changes between two manifests mean to people."""

import pytest

from commands.release.manifest_impact import listed
from tests.commands.release.changes import CHECKSUM, POD, changes, said
from tests.world.manifests import Hub, claim, puller, thing, workload


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
