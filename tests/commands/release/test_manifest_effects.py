"""Effects of changed objects, whichever values they come from."""

import pytest
import yaml

from commands.framework.effects import Effect
from commands.release.manifest_diff import compare
from commands.release.manifest_effects import manifest_effects
from commands.release.manifest_objects import objects

DATA, CODE = Effect.DELETES_DATA, Effect.RUNS_CODE
NETWORK, STOPS = Effect.OPENS_NETWORK, Effect.STOPS_EVERYBODY


def thing(kind, name="x", component="", **content):
    return {"kind": kind, "metadata": {"name": name, "labels": {"component": component}}, **content}


def workload(component="hub", replicas=1, **container):
    container = {"name": "c", "image": "quay.io/jupyterhub/k8s-hub:1", **container}
    pod = {"containers": [container], "volumes": [{"name": "db", "persistentVolumeClaim": {"claimName": "hub-db-dir"}}]}
    return thing("Deployment", component, component, spec={"replicas": replicas, "template": {"spec": pod}})


def found(before, after, *, same_chart=True):
    old, new = (objects("\n---\n".join(yaml.safe_dump(one) for one in each)) for each in (before, after))
    return [one.effect for one in manifest_effects(compare(old, new), old, new, same_chart=same_chart)]


HUB = workload()


@pytest.mark.parametrize("kind", ["PersistentVolumeClaim", "PersistentVolume", "VolumeSnapshot", "StatefulSet"])
@pytest.mark.parametrize("same_chart", [True, False])
def test_what_takes_stored_data_away_with_it(kind, same_chart):
    assert found([HUB, thing(kind)], [HUB], same_chart=same_chart) == [DATA]
    assert DATA not in found([HUB], [HUB, thing(kind)], same_chart=same_chart)


@pytest.mark.parametrize(
    ("image", "effects"),
    [
        ("quay.io/jupyterhub/k8s-hub:2", []),
        ("quay.io/jupyterhub/k8s-hub:1@sha256:abc", []),
        ("quay.io/jupyterhub/k8s-hub", []),
        ("docker.io/jupyterhub/k8s-hub:1", [CODE]),
        ("quay.io:5000/jupyterhub/k8s-hub:1", [CODE]),
    ],
)
def test_an_image_of_another_name_runs_other_code_unless_another_chart_brings_it(image, effects):
    assert found([HUB], [workload(image=image)]) == effects
    assert found([HUB], [workload(image=image)], same_chart=False) == []


@pytest.mark.parametrize(
    "change",
    [{"command": ["sh"]}, {"args": ["x"]}, {"securityContext": {"privileged": True}}, {"lifecycle": {"a": {}}}],
)
def test_another_program_counts_unless_the_chart_itself_is_another(change):
    assert found([HUB], [workload(**change)]) == [CODE]
    assert found([HUB], [workload(**change)], same_chart=False) == []


def test_the_hub_without_its_volume_and_without_a_replica():
    bare = workload(replicas=0)
    bare["spec"]["template"]["spec"]["volumes"] = [{"name": "db", "emptyDir": {}}]
    assert set(found([HUB], [bare])) == {DATA, STOPS}


def test_the_hub_or_its_proxy_taken_away_stops_everybody():
    assert found([HUB, workload("proxy")], [HUB]) == [STOPS]


@pytest.mark.parametrize("kind", ["Role", "ClusterRoleBinding"])
def test_other_rights(kind):
    assert found([HUB], [HUB, thing(kind, rules=[])]) == [CODE]
    assert found([HUB, thing(kind)], [HUB]) == []


def test_what_opens_the_network():
    policy, other = thing("NetworkPolicy", spec={"a": 1}), thing("NetworkPolicy", spec={"a": 2})
    inside, outside = (thing("Service", spec={"type": kind}) for kind in ("ClusterIP", "LoadBalancer"))
    assert found([HUB, policy], [HUB]) == [NETWORK]
    assert found([HUB, policy], [HUB, other]) == [NETWORK]
    assert found([HUB], [HUB, policy]) == []
    assert found([HUB, inside], [HUB, outside]) == [NETWORK]
    assert found([HUB, outside], [HUB, inside]) == []
    assert found([HUB], [HUB, thing("Ingress", spec={})]) == [NETWORK]
    assert found([HUB, thing("Ingress", spec={})], [HUB]) == []


def test_nothing_that_changes_is_nothing():
    assert found([HUB, thing("Ingress")], [HUB, thing("Ingress")]) == []
