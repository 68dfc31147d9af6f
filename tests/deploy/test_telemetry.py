"""What is looked at in Grafana, and what Prometheus warns of, exists in the bot, by these labels and values."""

import json
import re
from pathlib import Path

import pytest
import yaml
from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.metrics import MetricWrapperBase

from bot.changes.model import State
from bot.instrumentation.outcomes import Outcome
from bot.telemetry.metrics import Metrics
from commands.framework.registry import catalogue

ROOT = Path(__file__).parents[2]
DASHBOARD = json.loads((ROOT / "deploy" / "grafana" / "jhub-bot.json").read_text("utf-8"))
RULES = yaml.safe_load((ROOT / "deploy" / "prometheus" / "alerts.yaml").read_text("utf-8"))
DOCS = (ROOT / "docs" / "telemetry.md").read_text("utf-8")
METRICS = Metrics("bot-0")

# What prometheus_client's own collectors add, as far as it is looked at.
OTHERS = {"process_resident_memory_bytes", "process_cpu_seconds_total"}
VALUES = {
    "result": {outcome.value for outcome in Outcome} | {"given"},
    "outcome": {outcome.value for outcome in Outcome},
    "state": {state.value for state in State},
    "kind": {"approval", "confirmation", "emergency"},
    "level": {"warning", "error"},
}
SUFFIXES = {Counter: ("_total",), Gauge: ("",), Histogram: ("_bucket", "_count", "_sum")}


def _ours():
    return [one for one in vars(METRICS).values() if isinstance(one, MetricWrapperBase)]


def _series():
    """The labels of each series of ours, by its name."""
    return {
        f"{one._name}{suffix}": {*one._labelnames, *({"le"} if suffix == "_bucket" else ())}
        for one in _ours()
        for suffix in SUFFIXES[type(one)]
    }


def _panels():
    return [(panel["title"], target["expr"]) for panel in DASHBOARD["panels"] for target in panel["targets"]]


def _alerts():
    return [(rule["alert"], rule["expr"]) for group in RULES["groups"] for rule in group["rules"]]


@pytest.mark.parametrize(("title", "expression"), _panels() + _alerts())
def test_an_expression_asks_for_what_there_is(title, expression):
    series = _series()
    names = set(re.findall(r"\b(?:jhub_bot|process|python)_\w+", expression))
    assert names, title
    assert names <= series.keys() | OTHERS, title
    for name, selector in re.findall(r"\b(jhub_bot_\w+)\{([^}]*)\}", expression):
        for label, operator, value in re.findall(r'(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"', selector):
            assert label in series[name], (title, label)
            if operator in ("=", "=~") and label in VALUES:
                assert set(value.split("|")) <= VALUES[label], (title, value)
    known = set().union(*(series.get(name, {"instance"}) for name in names)) | {"instance"}
    for grouped in re.findall(r"\b(?:by|on)\s*\(([^)]*)\)", expression):
        assert {one.strip() for one in grouped.split(",")} <= known, (title, grouped)


@pytest.mark.parametrize(("title", "expression"), _panels() + _alerts())
def test_an_expression_is_whole(title, expression):
    bare = re.sub(r'"[^"]*"', "", expression)
    for left, right in ("()", "[]", "{}"):
        assert bare.count(left) == bare.count(right), title


def test_a_quantile_is_of_buckets():
    for title, expression in _panels() + _alerts():
        for inner in re.findall(r"histogram_quantile\(.*", expression):
            assert "_bucket" in inner, title
            assert "le" in inner, title


def test_the_dashboards_panels_stand_apart_and_are_described():
    taken = set()
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {(at["x"] + dx, at["y"] + dy) for dx in range(at["w"]) for dy in range(at["h"])}
        assert not cells & taken, panel["title"]
        assert at["x"] + at["w"] <= 24
        assert panel["description"]
        taken |= cells


def test_each_alert_says_how_bad_it_is_and_what_it_means():
    for group in RULES["groups"]:
        for rule in group["rules"]:
            assert rule["labels"]["severity"] in ("critical", "warning", "info")
            assert rule["annotations"].keys() == {"summary", "description"}
            assert f"`{rule['alert']}`" in DOCS
    assert len(_alerts()) == len({name for name, _ in _alerts()})


@pytest.mark.parametrize("metric", _ours(), ids=lambda metric: metric._name)
def test_each_metric_is_documented_and_shown(metric):
    name = f"{metric._name}{'_total' if isinstance(metric, Counter) else ''}"
    assert f"`{name}`" in DOCS
    (row,) = [line for line in DOCS.splitlines() if line.startswith(f"| `{name}`")]
    assert all(f"`{label}`" in row for label in metric._labelnames)
    assert any(metric._name in expression for _, expression in _panels())


@pytest.mark.parametrize("file", ["docs/telemetry.md", "deploy/prometheus/alerts.yaml"])
def test_commands_that_are_advised_exist(file):
    advised = re.findall(r"/jhub ([a-z]+)", (ROOT / file).read_text("utf-8"))
    assert advised
    assert set(advised) <= {command.name for command in catalogue()}
