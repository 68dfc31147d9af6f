"""Violations of a chart's schema: paths and what is expected, never the value."""

import pytest

from clients.errors import Unavailable
from commands.values.schema_errors import coalesced, schema_violations
from tests.world import SECRET
from tests.world.old_values import ALL

CHART = ALL["4.4.0"]
SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["password"],
    "properties": {
        "password": {"type": "string", "pattern": "^[a-z]+$"},
        "kind": {"enum": ["one", "two"]},
        "always": {"const": True},
        "count": {"type": ["integer", "null"], "minimum": 1},
        "list": {"type": "array", "items": {"type": "string"}, "maxItems": 2},
        "imagePullSecret": {
            "type": "object",
            "if": {"properties": {"create": {"const": True}}},
            "then": {"required": ["registry", "password"]},
        },
    },
}


def said(values, defaults=None, schema=SCHEMA):
    return [str(one) for one in schema_violations(values, defaults or {}, schema)]


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"password": "a", "pasword": SECRET}, "pasword is unknown to the chart (did you mean password?)"),
        ({"password": "a", "other": SECRET}, "other is unknown to the chart"),
        ({"password": [SECRET]}, "password must be string"),
        ({"password": SECRET}, "password does not have the form that the chart requires"),
        ({}, "the values must have password"),
        ({"password": "a", "kind": SECRET}, "kind must be one of one, two"),
        ({"password": "a", "always": SECRET}, "always must be True"),
        ({"password": "a", "count": SECRET}, "count must be integer or null"),
        ({"password": "a", "count": 0}, "count breaks a limit: minimum is 1"),
        ({"password": "a", "list": ["a", 7]}, "list[1] must be string"),
        ({"password": "a", "list": ["a", SECRET, "c"]}, "list breaks a limit: maxItems is 2"),
        (
            {"password": "a", "imagePullSecret": {"create": True, "password": SECRET}},
            "imagePullSecret must have registry",
        ),
    ],
)
def test_a_complaint_says_where_and_what_is_expected(values, why):
    assert said(values) == [why]
    assert SECRET not in repr(schema_violations(values, {}, SCHEMA))


def test_names_that_a_pattern_allows_are_not_accused_with_a_wrong_one():
    schema = {"type": "object", "additionalProperties": False, "patternProperties": {"^[A-Z]": {"type": "object"}}}
    assert said({"KubeSpawner": {}, "azuread": {}}, {}, schema) == ["azuread is unknown to the chart"]


def test_values_are_looked_at_over_the_charts_own_as_helm_does():
    assert said({}, {"password": "a"}) == []
    assert said({"password": None}, {"password": "a"}) == ["the values must have password"]
    assert coalesced({"a": {"b": None, "c": 2}, "l": [2]}, {"a": {"b": 1, "d": 3}, "l": [1]}) == {
        "a": {"c": 2, "d": 3},
        "l": [2],
    }


def test_a_chart_without_a_schema_takes_everything():
    assert schema_violations({"a": 1}, {}, None) == ()


def test_no_complaint_is_left_out():
    assert len(schema_violations({f"n{number}": 1 for number in range(500)}, {"password": "a"}, SCHEMA)) == 500


@pytest.mark.parametrize("schema", [{"type": "nonsense"}, {"properties": 7}, {"$ref": "#"}])
def test_a_schema_that_is_none_is_unavailable(schema):
    with pytest.raises(Unavailable, match="has a schema that cannot be used"):
        schema_violations({"a": 1}, {}, schema)


def test_the_charts_own_values_pass_its_own_schema():
    assert {version: schema_violations({}, one.values, one.schema) for version, one in ALL.items()} == dict.fromkeys(
        ALL, ()
    )


def test_what_the_newest_chart_refuses_of_an_old_hubs_values():
    assert [str(one) for one in schema_violations({"auth": {"type": "azuread"}}, CHART.values, CHART.schema)] == [
        "auth is unknown to the chart"
    ]


def test_an_empty_choice_is_seen():
    (one,) = schema_violations({"a": "x"}, {}, {"properties": {"a": {"enum": ["", "Always", None]}}})
    assert str(one) == "a must be one of “”, Always, None"
