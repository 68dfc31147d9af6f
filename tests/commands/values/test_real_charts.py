"""What values do wrong, by the schemas of the real charts: one wrong name accuses nobody else."""

from pathlib import Path

import pytest
import yaml

from commands.values.ineffective import without_effect
from commands.values.schema_errors import schema_violations
from tests.published import CHARTS

pytestmark = pytest.mark.skipif(
    CHARTS is None, reason="JHUB_BOT_CHARTS names no folder with unpacked charts, as 4.4.0/jupyterhub"
)


def chart(version):
    folder = Path(CHARTS) / version / "jupyterhub"
    (schema,) = [folder / name for name in ("values.schema.yaml", "schema.yaml") if (folder / name).is_file()]
    return yaml.safe_load((folder / "values.yaml").read_text()), yaml.safe_load(schema.read_text())


@pytest.mark.parametrize("version", ["1.1.3", "2.0.0", "3.3.8", "4.4.0"])
@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({"hub": {"config": {"AzureAdOAuthenticator": 3, "KubeSpawner": {}}}}, {"hub.config.AzureAdOAuthenticator"}),
        ({"hub": {"labels": {"a": 1, "b": "x"}}}, {"hub.labels.a"}),
        (
            {"singleuser": {"extraFiles": {"a": {"mountPath": "/x"}, "b": {"mountPath": "/y", "stringData": "z"}}}},
            {"singleuser.extraFiles.a"},
        ),
        ({"hub": {"imgae": {}, "labels": {"a": "b"}}}, {"hub.imgae"}),
    ],
)
def test_one_wrong_name_accuses_no_other(version, values, wrong):
    defaults, schema = chart(version)
    found = {one.path for one in schema_violations(values, defaults, schema)}
    # Sections of hub.config have a form since chart 4.
    assert found == (set() if "hub.config" in min(wrong) and version < "4" else wrong)


def test_a_section_that_no_class_is_called_is_told_alone():
    defaults, schema = chart("4.4.0")
    values = {"hub": {"config": {"azuread": {}, "KubeSpawner": {"slug_scheme": "escape"}}}}
    assert list(map(str, schema_violations(values, defaults, schema))) == ["hub.config.azuread is unknown to the chart"]


@pytest.mark.parametrize(("version", "told"), [("1.1.3", False), ("2.0.0", True), ("4.4.0", True)])
def test_admin_access_has_no_effect_since_the_chart_with_roles(version, told):
    defaults, _ = chart(version)
    assert bool(without_effect({"hub": {"config": {"JupyterHub": {"admin_access": False}}}}, defaults)) is told
