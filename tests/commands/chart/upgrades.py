"""Upgrades from one version of the chart to another."""

from commands.chart.hazard import ChartUpgrade, Edition, HomeCounts
from commands.chart.hazards import hazards
from tests.world.old_values import ALL

ALLOWED = {"AzureAdOAuthenticator": {"allow_all": True}}
KEPT = {"KubeSpawner": {"slug_scheme": "escape"}}
TEMPLATE = {"singleuser": {"storage": {"dynamic": {"pvcNameTemplate": "claim-{username}{servername}"}}}}


def crossing(here, there, values, **more):
    chart = ALL[there]
    given = {"homes": HomeCounts(40, 37), "kubernetes": "v1.32.7", **more}
    return ChartUpgrade(
        Edition(here, ALL[here].app_version),
        Edition(there, chart.app_version),
        values,
        chart.values,
        chart.kubernetes,
        **given,
    )


def found(here, there, values, **more):
    """By key; of those with one key the last."""
    return {one.key: one for one in hazards(crossing(here, there, values, **more), ALL[there])}


def keys(*given, **more):
    return set(found(*given, **more))


def with_template(values):
    return {**values, "singleuser": {**values.get("singleuser", {}), **TEMPLATE["singleuser"]}}
