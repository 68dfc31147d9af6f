"""What the scheduler keeps for a pod, and what a node has for pods."""

import pytest

from clients.kube import Node, Pod
from clients.kube.quantities import numbers


def container(**requests):
    return {"name": "c", "resources": {"requests": requests}}


@pytest.mark.parametrize(
    ("spec", "requests"),
    [
        ({}, {}),
        ({"containers": [{"name": "c"}]}, {}),
        (
            {"containers": [container(cpu="250m", memory="1Gi"), container(memory="512Mi")]},
            {"cpu": 0.25, "memory": 1.5 * 2**30},
        ),
        # What only prepares the pod runs before, not beside the others.
        (
            {"containers": [container(cpu="1")], "initContainers": [container(cpu="500m", memory="1Gi")]},
            {"cpu": 1.0, "memory": 2**30},
        ),
        (
            {"containers": [container(cpu="2")], "initContainers": [container(cpu="3"), container(cpu="1")]},
            {"cpu": 3.0},
        ),
        ({"containers": [container(**{"nvidia.com/gpu": "1", "cpu": "much"})]}, {"nvidia.com/gpu": 1.0}),
        ({"containers": [{"name": "c", "resources": {"requests": "odd"}}, "odd"]}, {}),
    ],
)
def test_the_requests_of_a_pod(spec, requests):
    assert Pod.from_json({"metadata": {"name": "p"}, "spec": spec}).requests == requests


def test_what_a_node_has_for_pods():
    told = {"cpu": "7820m", "memory": "64090000Ki", "pods": "110", "hugepages-2Mi": "0", "odd": "x"}
    node = Node.from_json({"metadata": {"name": "n"}, "status": {"allocatable": told}})
    assert node.allocatable == {"cpu": 7.82, "memory": 64090000.0 * 1024, "pods": 110.0, "hugepages-2Mi": 0.0}
    assert Node.from_json({"metadata": {"name": "n"}, "status": {"allocatable": ["odd"]}}).allocatable == {}


def test_hostile_quantities_are_bounded():
    assert numbers({"cpu": "1" * 10_000, "x" * 10_000: "1"}) == {"cpu": float("1" * 64), "x" * 317: 1.0}
