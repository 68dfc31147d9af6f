"""Null in values: to the chart as helm merges values into its defaults, to the schema, and in a plan's words."""

import json
import re
import subprocess
from dataclasses import replace

import pytest

from clients.helm import HelmVersion, Rendered
from commands.rollout import deploy
from commands.values.effects import value_effects
from commands.values.schema_errors import coalesced, effective_values, schema_violations
from tests.helms import HELM, VERSION
from tests.world import Home, World, release
from tests.world.manifests import Hub

DEFAULTS = {"a": 1, "b": {"c": 2, "d": None, "e": {"f": 1}}, "g": None, "l": [1, 2]}
GIVEN = (
    *({}, {"a": None}, {"b": None}, {"b": {"c": None}}, {"b": {"d": None}}, {"b": {"x": None}}, {"x": None}),
    *({"x": {"z": None}}, {"g": None}, {"g": {"h": None}}, {"b": {"e": None}}, {"b": {"e": {"f": None, "z": None}}}),
    *(
        {"l": [None, {"a": None}]},
        {"l": None},
        {"a": {"b": None}},
        {"b": 3},
        {"b": {"e": 3}},
        {"b": {"c": {"r": None}}},
    ),
)
SCHEMA = {
    "type": "object",
    "properties": {
        "x": {"type": "string"},
        "b": {
            "type": ["object", "integer", "null"],
            "properties": {"x": {"type": "string"}, "d": {"type": ["string", "null"]}},
        },
    },
}


def by_helm(values, folder, schema=None):
    """The values as the chart's templates meet them; None where helm refuses them."""
    chart = folder / "c"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: c\nversion: 0.1.0\n", "utf-8")
    (chart / "values.yaml").write_text(json.dumps(DEFAULTS), "utf-8")
    (chart / "templates" / "x.yaml").write_text("kind: A\nread: {{ .Values | toJson | squote }}\n", "utf-8")
    if schema:
        (chart / "values.schema.json").write_text(json.dumps(schema), "utf-8")
    (folder / "given.yaml").write_text(json.dumps(values), "utf-8")
    command = [str(HELM), "template", "r", str(chart), "--values", str(folder / "given.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(r"^read: '(.*)'$", done.stdout, re.MULTILINE)
    assert (found is None) is ("values don't meet the specifications" in done.stderr), done.stderr
    return json.loads(found[1]) if found else None


@pytest.mark.parametrize("values", GIVEN, ids=json.dumps)
def test_values_lie_over_the_charts_own_as_helm_lays_them(values, tmp_path):
    found = by_helm(values, tmp_path)
    assert effective_values(values, DEFAULTS) == effective_values(found, {})
    # Later ones differ in which nulls they leave, and that is nothing to the templates.
    assert HelmVersion(3, 17, 99) < VERSION or coalesced(values, DEFAULTS) == found
    its = replace(release(), values=values, defaults=DEFAULTS)
    for path in (("a",), ("b", "c"), ("b", "d"), ("b", "e", "f"), ("b", "x"), ("g", "h"), ("l",), ("x",), ("a", "b")):
        there = found
        for name in path:
            there = there.get(name) if isinstance(there, dict) else None
        assert its.value(*path) == there, path


@pytest.mark.parametrize("values", GIVEN, ids=json.dumps)
def test_what_helm_refuses_for_a_null_the_bot_complains_of(values, tmp_path):
    assert (schema_violations(values, DEFAULTS, SCHEMA) == ()) is (by_helm(values, tmp_path, SCHEMA) is not None)


def test_a_null_that_the_schema_does_not_take_is_named():
    assert [str(one) for one in schema_violations({"x": None}, DEFAULTS, SCHEMA)] == ["x must be string"]


def test_to_the_templates_null_is_nothing():
    assert effective_values({"x": None, "b": {"c": None}}, DEFAULTS) == {"a": 1, "b": {"e": {"f": 1}}, "l": [1, 2]}


# The chart's own names for homes, which helm 4.2 and newer leave out of the record where they are null.
OWN = {"singleuser": {"storage": {"dynamic": {"pvcNameTemplate": None, "storageClass": None}}}, "hub": {"baseUrl": "/"}}
RECORDED = {"singleuser": {"storage": {"dynamic": {}}}, "hub": {"baseUrl": "/"}}


@pytest.mark.parametrize(("before", "after"), [(RECORDED, OWN), (OWN, RECORDED)])
async def test_a_record_without_the_charts_nulls_is_no_other_name_for_homes(before, after):
    live = replace(release(3, manifest=Hub().live), values={"cull": {"every": 600}}, defaults=before)
    made = World(
        releases=[live],
        renders=lambda *, version, **_: Rendered("jupyterhub", version, "5.5.0", Hub().text, "", after),
    )
    made.home = Home(made, {"cull": {"every": 300}}, text="cull: {every: 300}\n")
    plan = await deploy.plan(deploy.Args(), made.reads)
    assert not [line for line in (*plan.warnings, *plan.meaning) if "home" in line.lower()]
    assert plan.impacts == ()


def test_a_null_in_place_of_nothing_has_no_effect_and_one_in_place_of_a_name_has():
    path = {"singleuser": {"storage": {"dynamic": {"pvcNameTemplate": None}}}}
    named = {"singleuser": {"storage": {"dynamic": {"pvcNameTemplate": "claim-{username}"}}}}
    assert value_effects({}, path) == value_effects(path, {}) == ()
    assert value_effects(named, path) == value_effects(named, {}) != ()
