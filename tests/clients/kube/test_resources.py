"""What the scheduler reserves for a pod: containers, sidecars, init containers, overhead, requests of the whole pod."""

import pytest

from clients.kube.resources import requests_of

MIB = 2**20


def container(cpu=None, memory=None, **more):
    requests = {name: amount for name, amount in (("cpu", cpu), ("memory", memory)) if amount is not None}
    return {"resources": {"requests": requests}, **more}


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({}, {}),
        ({"containers": [container("500m", "1Gi"), container("1", "512Mi")]}, {"cpu": 1.5, "memory": 1536.0 * MIB}),
        # An init container runs before, and alone: the larger of the two counts, each for itself.
        (
            {"containers": [container("1", "1Gi")], "initContainers": [container("2", "512Mi")]},
            {"cpu": 2.0, "memory": 1024.0 * MIB},
        ),
        # A sidecar goes on beside the containers, and beside the init containers after it.
        (
            {
                "containers": [container("1", "100Mi")],
                "initContainers": [container("1", "50Mi", restartPolicy="Always"), container("3", "10Mi")],
            },
            {"cpu": 4.0, "memory": 150.0 * MIB},
        ),
        (
            {"containers": [container("1")], "overhead": {"cpu": "250m", "memory": "120Mi"}},
            {"cpu": 1.25, "memory": 120.0 * MIB},
        ),
        (
            {"containers": [container("1", "1Gi")], "resources": {"requests": {"cpu": "3"}}},
            {"cpu": 3.0, "memory": 1024.0 * MIB},
        ),
    ],
)
def test_what_a_pod_reserves(spec, expected):
    assert requests_of(spec) == expected


@pytest.mark.parametrize("wrong", [{"cpu": "much"}, {"cpu": None}, {"cpu": "-1"}, {"memory": ["1Gi"]}, {}, None, "x"])
def test_what_is_no_quantity_is_nothing(wrong):
    assert requests_of({"containers": [{"resources": {"requests": wrong}}]}) == {}
