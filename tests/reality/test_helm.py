"""Helm's reading of values, as `clients/values/words.py` and `clients/helm/` rely on it, by each helm that is here."""

import json
import subprocess

import pytest
import yaml

from clients.helm.program import built
from clients.values.document import parse
from sandbox.helm.release_history import helm_path
from tests.reality.belief import belief

CHART = {
    "Chart.yaml": "apiVersion: v2\nname: chart\nversion: 1.0.0\n",
    "values.yaml": "nothing: null\npool: {size: 3, most: 5}\nlist: [1, 2]\n",
    "templates/shown.yaml": "apiVersion: v1\nkind: ConfigMap\ndata:\n  values: {{ .Values | toJson | quote }}\n",
}
# A time of the day, a port mapping, a number by its exponent, an octal file mode, and answers to a question.
WORDS = "at: 12:30\nports: 22:22\nmuch: 1e3\nmode: 0o644\nold: 0644\nsure: y\nunsure: n\nsum: 1_000\n"
PROGRAMS = {"of the lock": helm_path(), **built()}
each = pytest.mark.parametrize("helm", PROGRAMS.values(), ids=PROGRAMS)


@pytest.fixture
def values(tmp_path):
    """What a template of the chart sees, by a helm and a file of values."""
    for name, text in CHART.items():
        (path := tmp_path / "chart" / name).parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def seen(helm, text):
        (file := tmp_path / "given.yaml").write_text(text)
        command = [helm, "template", "release", tmp_path / "chart", "--values", file]
        made = subprocess.run(command, capture_output=True, check=True, text=True, timeout=120)
        return json.loads(yaml.safe_load(made.stdout)["data"]["values"])

    return seen


def _is_4(helm):
    said = subprocess.run([helm, "version", "--short"], capture_output=True, check=True, text=True, timeout=60)
    return said.stdout.startswith("v4")


@each
@belief(
    "Does Helm read `12:30`, `1e3`, `0o644` and `y` in a file of values as PyYAML does?",
    guess="yes: both read YAML 1.1",
    answer="no: PyYAML makes minutes of 12:30 (750) and texts of 1e3, 0o644 and y, Helm a text, 1000, 420 and true",
    packages=("PyYAML", "helm 3.17 to 4.3"),
    then="clients/values/words.py says what a word means to helm; the file of values would be shown wrong",
)
def test_words(helm, values):
    of_helm = {name: value for name, value in values(helm, WORDS).items() if name in parse(WORDS).values}
    assert of_helm == parse(WORDS).values
    of_pyyaml = yaml.safe_load(WORDS)
    differ = {name for name, value in of_pyyaml.items() if value != of_helm[name]}
    assert differ == {"at", "ports", "much", "mode", "sure", "unsure"}


@each
@belief(
    "What does a null in the given values do to a chart's default?",
    guess="the template sees null",
    answer="the name is gone, as if the chart had none; within a list null is an entry like any other",
    packages=("helm 3.17 to 4.3",),
    then="commands/values/ treats `null` as taking a default away",
)
def test_a_null_that_is_given(helm, values):
    seen = values(helm, "pool: {size: null}\nlist: [null, 3]\n")
    assert seen["pool"] == {"most": 5}
    assert seen["list"] == [None, 3]


@each
@belief(
    "Does a template see a name whose default in the chart is null?",
    guess="yes, with nothing in it",
    answer="with Helm 3; Helm 4 leaves the name out, and a schema that requires it refuses the chart's own defaults",
    packages=("helm 3.17 to 4.3",),
    then="clients/helm/refusals.py explains that refusal",
)
def test_a_null_of_the_chart(helm, values):
    assert ("nothing" in values(helm, "{}")) is not _is_4(helm)


@each
@belief(
    "Does a null for a name that the chart does not have reach the templates?",
    guess="no: nulls take names away",
    answer="yes: it takes a default away where there is one, and is a value like any other elsewhere",
    packages=("helm 3.17 to 4.3",),
    then="commands/values/ may leave such a null out of a plan's differences",
)
def test_a_null_for_an_unknown_name(helm, values):
    assert values(helm, "more: {inner: null}\n")["more"] == {"inner": None}
