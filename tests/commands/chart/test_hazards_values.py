"""Hazards of values whose meaning changes between two versions of the chart."""

import pytest

from commands.chart.hazard import HazardSeverity
from tests.commands.chart.upgrades import found, keys
from tests.world import SECRET


@pytest.mark.parametrize(
    ("here", "there", "values", "key", "blocks"),
    [
        ("1.1.3", "2.0.0", {"singleuser": {"networkPolicy": {"egress": [{"to": []}]}}}, "egress", False),
        ("1.1.3", "2.0.0", {"scheduling": {"userScheduler": {"plugins": {"score": {}}}}}, "scheduler-plugins", False),
        ("1.1.3", "2.0.0", {"hub": {"config": {"JupyterHub": {"admin_access": False}}}}, "admin-access", False),
        (
            "1.1.3",
            "2.0.0",
            {
                "hub": {
                    "config": {"A": {}},
                    "extraFiles": {"a": {"mountPath": "/usr/local/etc/jupyterhub/jupyterhub_config.d/a.py"}},
                }
            },
            "extra-config-wins",
            False,
        ),
        ("2.0.0", "3.3.8", {"singleuser": {"extraEnv": {"A": "{b}"}}}, "braces", False),
        ("3.3.8", "4.4.0", {"proxy": {"traefik": {"extraStaticConfig": {"a": 1}}}}, "traefik", False),
        (
            "2.0.0",
            "3.3.8",
            {
                "singleuser": {
                    "cloudMetadata": {"blockWithIptables": True},
                    "networkPolicy": {"enabled": True, "egressAllowRules": {"cloudMetadataServer": True}},
                }
            },
            "metadata-server",
            True,
        ),
    ],
)
def test_values_that_come_to_mean_something_else(here, there, values, key, blocks):
    assert found(here, there, values)[key].blocks is blocks
    assert key not in keys(here, there, {})
    assert key not in keys("4.0.0", "4.4.0", values)


def test_root_in_users_servers():
    asked = {"singleuser": {"extraEnv": {"GRANT_SUDO": "yes"}}}
    assert found("1.1.3", "2.0.0", asked)["sudo"].severity is HazardSeverity.WARNING
    assert found("1.1.3", "2.0.0", {"singleuser": {"uid": 0}})["sudo"].severity is HazardSeverity.WARNING
    assert found("1.1.3", "2.0.0", {})["sudo"].severity is HazardSeverity.NOTE
    assert "sudo" not in keys("1.1.3", "2.0.0", {"singleuser": {"allowPrivilegeEscalation": True}})


def test_braces_name_the_variable_and_not_its_value():
    told = found("2.0.0", "3.3.8", {"singleuser": {"extraEnv": {"TOKEN": f"{{{SECRET}}}"}}})["braces"]
    assert "TOKEN" in told.text
    assert SECRET not in repr(told)


def test_extra_config_always_ran_after_hub_config():
    assert "extra-config-wins" not in keys("1.1.3", "2.0.0", {"hub": {"config": {"A": {}}, "extraConfig": {"a": "b"}}})
