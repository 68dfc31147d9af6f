"""The sandbox's chart by the real helm: valid, as strict as the real one, and with the names everybody relies on."""

import asyncio
import json

import pytest
import yaml

from sandbox.helm.release_history import CHART, helm_path
from sandbox.scenario.release import values


@pytest.fixture
def helm(tmp_path):
    async def run(*arguments, given=None):
        homes = {f"HELM_{kind}_HOME": str(tmp_path) for kind in ("CACHE", "CONFIG", "DATA")}
        process = await asyncio.create_subprocess_exec(
            helm_path(),
            *arguments,
            *(["--values=-"] if given is not None else []),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=homes | {"HOME": str(tmp_path)},
        )
        async with asyncio.timeout(240):
            out, errors = await process.communicate(json.dumps(given).encode() if given is not None else b"")
        return process.returncode, out.decode(), errors.decode()

    return run


async def test_helm_finds_no_fault(helm):
    status, out, errors = await helm("lint", str(CHART), "--strict")
    assert status == 0, out + errors


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"auth": {"type": "azuread"}}, "auth"),
        ({"singleuser": {"image": {"tag": 1234567}}}, "singleuser.image.tag"),
        ({"singleuser": {"imagePullSecret": {"enabled": True}}}, "imagePullSecret"),
        ({"hubb": {}}, "hubb"),
    ],
)
async def test_the_schema_refuses_what_the_real_chart_refuses(helm, given, named):
    status, _, errors = await helm("template", "jupyterhub", str(CHART), given=given)
    assert status == 1
    assert "don't meet the specifications of the schema" in errors
    # Since helm 3.18 as a JSON pointer.
    assert named in errors or named.replace(".", "/") in errors


async def test_the_schema_lets_pass_what_the_real_chart_takes(helm):
    given = {
        "rbac": {"create": True},
        "hub": {"extraPodSpec": {"priorityClassName": "high"}, "podSecurityContext": {"fsGroup": 1000}},
        "singleuser": {"cloudMetadata": {"blockWithIptables": False}, "extraResource": {"limits": {}}},
        "proxy": {"https": {"enabled": None, "type": ""}},
        "prePuller": {"extraTolerations": []},
    }
    # z2jh 4.4 has no pattern for tags: one may have a digest.
    given["singleuser"]["image"] = {"name": "example.org/a", "tag": f"1@sha256:{'0' * 64}"}
    status, _, errors = await helm("template", "jupyterhub", str(CHART), given=given)
    assert status == 0, errors


async def test_its_objects_have_the_names_and_labels_of_z2jh(helm):
    given = values("7c1d2e9", "t" * 32)
    status, out, errors = await helm("template", "jupyterhub", str(CHART), "--namespace=jhub", given=given)
    assert status == 0, errors
    objects = [o for o in yaml.safe_load_all(out) if o]
    names = {(o["kind"], o["metadata"]["name"]) for o in objects}
    assert {
        ("Deployment", "hub"),
        ("Deployment", "proxy"),
        ("Deployment", "autohttps"),
        ("Deployment", "user-scheduler"),
        ("StatefulSet", "user-placeholder"),
        ("DaemonSet", "continuous-image-puller"),
        ("DaemonSet", "hook-image-puller"),
        ("PersistentVolumeClaim", "hub-db-dir"),
        ("Secret", "hub"),
        ("ConfigMap", "hub"),
        ("Service", "proxy-public"),
    } <= names
    for made in objects:
        if made["kind"] in ("Deployment", "StatefulSet", "DaemonSet"):
            labels = made["spec"]["template"]["metadata"]["labels"]
            assert labels["component"] == made["metadata"]["name"]
            assert (labels["app"], labels["release"]) == ("jupyterhub", "jupyterhub")
    (secret,) = (o for o in objects if (o["kind"], o["metadata"]["name"]) == ("Secret", "hub"))
    assert "hub.services.jhub-bot.apiToken" in secret["data"]
    assert "jhub.azurecr.io/notebook:7c1d2e9" in out


@pytest.mark.parametrize(
    ("kind", "given", "leads"),
    [
        (
            "HTTPRoute",
            {
                "httpRoute": {
                    "enabled": True,
                    "hostnames": ["a.example.org"],
                    "gateway": {"name": "web", "namespace": "g"},
                }
            },
            lambda spec: (spec["hostnames"], spec["parentRefs"], spec["rules"][0]["backendRefs"][0]["name"]),
        ),
        (
            "Ingress",
            {"ingress": {"enabled": True, "hosts": ["a.example.org"], "ingressClassName": "c"}},
            lambda spec: (
                [spec["rules"][0]["host"]],
                spec["ingressClassName"],
                spec["rules"][0]["http"]["paths"][0]["backend"]["service"]["name"],
            ),
        ),
    ],
)
async def test_a_way_in_leads_to_the_public_service_as_z2jhs_does(helm, kind, given, leads):
    status, out, errors = await helm("template", "jupyterhub", str(CHART), given=values("3f9a41c", "t" * 32) | given)
    assert status == 0, errors
    (made,) = [one for one in yaml.safe_load_all(out) if one and one["kind"] == kind]
    hosts, to, service = leads(made["spec"])
    assert (hosts, service) == (["a.example.org"], "proxy-public")
    assert to in ("c", [{"name": "web", "namespace": "g"}])
    without = {name: {**section, "enabled": False} for name, section in given.items()}
    _, out, _ = await helm("template", "jupyterhub", str(CHART), given=values("3f9a41c", "t" * 32) | without)
    assert kind not in [one["kind"] for one in yaml.safe_load_all(out) if one]
