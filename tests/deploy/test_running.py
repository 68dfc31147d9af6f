"""docs/running.md, word by word: what it has people type is taken by what they type it to."""

import re
import shlex
import tomllib
from pathlib import Path

import pytest
import yaml

from bot.config.loading import load
from tests.deploy import clusters

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "running.md").read_text(encoding="utf-8")
GUID = "3f6e0000-0000-4000-8000-000000000001"
PACKAGES = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]


def blocks(kind):
    """The code blocks of that kind, their ellipses filled in."""
    found = re.findall(r"(?ms)^( *)```(\w*)\n(.*?)^ *```$", TEXT)
    return [filled(re.sub(rf"(?m)^{indent}", "", body)) for indent, its, body in found if its == kind]


def filled(text):
    text = text.replace("sha256:…", f"sha256:{'a' * 64}").replace("CLIENT_ID_OF_THE_HUB", GUID)
    return re.sub(r"\b[0-9a-f]{4}…", GUID, text)


def commands():
    joined = "\n".join(blocks("")).replace("\\\n", " ")
    return [shlex.split(line) for line in joined.splitlines() if line.strip()]


def test_the_example_values_are_taken_by_the_chart_and_by_the_bot(tool, tmp_path):
    (values,) = [body for body in blocks("yaml") if "image:" in body]
    status, said = tool(
        "helm", "template", "bot", clusters.BOT_CHART, "--namespace=jhub-bot", "--values=-", given=values
    )
    assert status == 0, said
    objects = {one["kind"]: one for one in yaml.safe_load_all(said) if one}
    (tmp_path / "config.yaml").write_text(objects["ConfigMap"]["data"]["config.yaml"])
    its = load(tmp_path / "config.yaml")
    assert (its.teams.app_id, its.azure.identity) == (GUID, "WorkloadIdentity")
    mounted = [
        one["mountPath"] for one in objects["StatefulSet"]["spec"]["template"]["spec"]["containers"][0]["volumeMounts"]
    ]
    assert str(its.hub.token_file.parent) in mounted
    # The subject that Azure trusts is the account that the chart makes.
    account = objects["ServiceAccount"]["metadata"]["name"]
    assert f"--subject system:serviceaccount:jhub-bot:{account} " in TEXT
    assert f"exec {objects['StatefulSet']['metadata']['name']}-0 -- jhub-bot doctor" in TEXT


def test_the_example_of_metrics_is_taken_by_the_chart(tool):
    (values,) = [body for body in blocks("yaml") if "serviceMonitor" in body]
    given = ("--set=image.repository=example.org/bot", "--namespace=jhub-bot", "--values=-")
    status, said = tool("helm", "template", "bot", clusters.BOT_CHART, *given, given=values)
    assert status == 0, said
    assert "ServiceMonitor" in {one["kind"] for one in yaml.safe_load_all(said) if one}


def test_the_example_of_the_hubs_values_is_one_of_its_charts():
    (values,) = [yaml.safe_load(body) for body in blocks("yaml") if "interNamespaceAccessLabels" in body]
    assert values == {"hub": {"networkPolicy": {"interNamespaceAccessLabels": "accept"}}}


def test_the_script_takes_what_is_typed(script, monkeypatch, tmp_path):
    (typed,) = [words for words in commands() if words[0] == "deploy/azure/setup.py"]
    monkeypatch.chdir(tmp_path)
    for name in ("config.yaml", "bot.kubeconfig", "hub-token"):
        Path(name).write_text("a")
    given = script("azure", "setup").parser().parse_args(typed[1:])
    assert (given.cluster, given.hub_app_id, given.registry) == ("jhub-aks", GUID, "jhub")


def test_helm_takes_what_is_typed(tool):
    outside = [words for words in commands() if "outside=true" in words]
    assert outside
    for words in outside:
        status, said = tool("helm", "template", *words[2:], "--debug")
        assert status == 0, said
        assert "name: bot-token" in said


@pytest.mark.parametrize("path", sorted(set(re.findall(r"(?<![\w/.])deploy/[\w./-]*\w", TEXT))))
def test_what_it_names_is_there(path):
    assert (ROOT / path).exists()


def test_what_setuptools_installs_is_all_of_ours():
    made = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for top in {name.partition(".")[0] for name in PACKAGES}
        for path in (ROOT / top).rglob("__init__.py")
        if "migrations" not in path.parts
    }
    # `manifest` holds parts of the Teams app and no code that is imported.
    assert made | {"manifest"} == set(PACKAGES)
