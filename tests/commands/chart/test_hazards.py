"""Hazards between two versions of the chart, by the hub's values, homes and servers."""

import itertools

import pytest

from clients.errors import Unavailable
from clients.helm import ChartFiles
from commands.chart.hazard import ChartUpgrade, Edition, HazardSeverity, HomeCounts
from commands.chart.hazards import hazards
from commands.chart.value_fixes import converted
from commands.release.removed_apis import removed_objects
from commands.values.base import with_changes
from commands.values.draft import differences
from tests.commands.chart.upgrades import ALLOWED, KEPT, crossing, found, keys, with_template
from tests.world import SECRET
from tests.world.old_values import ALL, RUNBOOK, azuread


def test_the_runbooks_old_hub_on_its_way_to_chart_4():
    told = hazards(crossing("1.1.3", "4.4.0", RUNBOOK, servers=3), ALL["4.4.0"])
    assert [(one.key, one.blocks, one.fixable) for one in told if one.blocks] == [
        ("names-of-homes", True, True),
        ("admins-alone", True, False),
        ("old-forms", True, True),
    ]
    others = {one.key for one in told if not one.blocks}
    assert others == {
        *("database", "image", "several-majors", "sudo"),
        *("private-egress", "lab-by-default", "images-from-quay"),
    }
    assert SECRET not in repr(told)
    severities = [(one.blocks, one.severity) for one in told]
    assert severities == sorted(severities, reverse=True)


def test_after_the_migration_nothing_blocks_but_what_people_decide():
    done = converted(RUNBOOK, "1.1.3", "4.4.0")
    told = hazards(crossing("1.1.3", "4.4.0", done.values, servers=0), ALL["4.4.0"])
    assert [one.key for one in told if one.blocks] == ["admins-alone"]
    assert with_changes(RUNBOOK, differences(RUNBOOK, done.values)) == done.values


def test_between_two_versions_of_one_major_there_is_nothing():
    values = azuread(**ALLOWED)
    assert keys("4.0.0", "4.4.0", values, servers=5) == set()


def test_the_same_hub_from_3_to_4():
    told = found("3.3.8", "4.4.0", azuread(**ALLOWED), servers=2)
    assert set(told) == {"database", "image", "names-of-homes"}
    names = told["names-of-homes"]
    assert (names.severity, names.blocks, names.fixable) == (HazardSeverity.SERIOUS, True, True)
    assert "37 of 40 homes" in names.text
    assert "2 servers are running now; each would lose sight of its home at its next start." in names.text


@pytest.mark.parametrize(
    ("values", "more", "key", "blocks"),
    [
        (azuread(**ALLOWED, **KEPT), {}, "names-of-named-servers", False),
        (with_template(azuread(**ALLOWED, **KEPT)), {"servers": 1}, "servers-run", False),
        (with_template(azuread(**ALLOWED, **KEPT)), {"servers": 0}, None, False),
        (with_template(azuread(**ALLOWED, **KEPT)), {"servers": None}, None, False),
        (azuread(**ALLOWED, KubeSpawner={"slug_scheme": "safe"}), {"servers": 1}, "names-of-homes-anew", True),
        (azuread(**ALLOWED, KubeSpawner={"slug_scheme": "safe"}), {"servers": None}, "names-of-homes-anew", True),
        (azuread(**ALLOWED, KubeSpawner={"slug_scheme": "safe"}), {"servers": 0}, "names-of-homes-anew", False),
        (azuread(**ALLOWED), {"homes": HomeCounts(0, 0)}, None, False),
        (azuread(**ALLOWED), {"homes": None}, "names-of-homes", True),
        ({**azuread(**ALLOWED), "singleuser": {"storage": {"type": "none"}}}, {}, None, False),
        ({**azuread(**ALLOWED), "singleuser": {"storage": {"type": "static"}}}, {}, "names-of-homes", True),
    ],
)
def test_what_becomes_of_homes(values, more, key, blocks):
    told = found("3.3.8", "4.4.0", values, **more)
    about = {name: one.blocks for name, one in told.items() if "names" in name or name == "servers-run"}
    assert about == ({key: blocks} if key else {})


@pytest.mark.parametrize(
    ("db", "blocks", "title"),
    [
        ({}, False, "The hub’s database is migrated irreversibly"),
        ({"type": "sqlite-pvc"}, False, "The hub’s database is migrated irreversibly"),
        ({"type": "postgres"}, True, "The hub would not start on its old database"),
        ({"type": "postgres", "upgrade": True}, False, "The hub’s database is migrated irreversibly"),
    ],
)
def test_the_database(db, blocks, title):
    values = azuread(**ALLOWED)
    values["hub"]["db"] = db
    told = found("2.0.0", "3.3.8", values)["database"]
    assert (told.blocks, told.title) == (blocks, title)
    assert "from 3.0.0 to 4.1.6" in told.text


@pytest.mark.parametrize(("here", "there", "blocks"), [("4.4.0", "3.3.8", True), ("4.4.0", "4.0.0", False)])
def test_the_way_back(here, there, blocks):
    told = found(here, there, azuread(**ALLOWED))
    assert set(told) == {"downgrade"}
    assert told["downgrade"].blocks is blocks


@pytest.mark.parametrize(
    ("kubernetes", "blocks"), [("v1.27.9", True), ("v1.28.0", None), ("v1.32.1", None), ("", False), ("strange", False)]
)
def test_the_clusters_kubernetes(kubernetes, blocks):
    told = found("4.0.0", "4.4.0", azuread(**ALLOWED), kubernetes=kubernetes)
    assert {one.blocks for one in told.values()} == (set() if blocks is None else {blocks})


def test_majors_that_are_gone_over_are_named():
    told = found("1.1.3", "4.4.0", with_template(azuread(**ALLOWED, **KEPT)))
    assert told["several-majors"].title == "The upgrade skips chart 2 and 3"
    assert "several-majors" not in keys("3.3.8", "4.4.0", azuread(**ALLOWED))


def test_a_chart_that_the_bot_does_not_know_is_told_so():
    chart = ChartFiles("5.0.0", "6.0.0", {}, None)
    way = ChartUpgrade(Edition("4.4.0", "5.5.0"), Edition("5.0.0", "6.0.0"), azuread(**ALLOWED))
    assert {one.key for one in hazards(way, chart)} == {"unknown-major", "database", "image", "spawn-options"}


def test_what_the_new_chart_refuses_is_listed_by_path():
    values = azuread(**ALLOWED)
    values["hub"]["imgae"] = {"password": SECRET}
    told = [one for one in hazards(crossing("4.0.0", "4.4.0", values), ALL["4.4.0"]) if one.key == "schema"]
    assert [one.title for one in told] == ["The chart refuses hub.imgae"]
    assert told[0].text == "It is unknown to the chart (did you mean image?)."
    assert SECRET not in repr(told)


def test_what_is_unclear_is_told_once():
    values = {"auth": {"type": "azuread", "azuread": {"resource": SECRET}}}
    told = hazards(crossing("3.3.8", "4.4.0", values), ALL["4.4.0"])
    assert [one.key for one in told if one.key in ("unclear", "schema")] == ["unclear"]
    assert SECRET not in repr(told)


def test_a_chart_with_a_broken_schema_is_unavailable():
    chart = ChartFiles("4.4.0", "5.5.0", {}, {"type": "nonsense"})
    with pytest.raises(Unavailable, match="schema"):
        hazards(crossing("4.0.0", "4.4.0", {}), chart)


@pytest.mark.parametrize(("here", "there"), list(itertools.permutations(ALL, 2)))
def test_no_two_charts_lack_an_answer(here, there):
    for values in (RUNBOOK, azuread()):
        for servers in (None, 3):
            told = hazards(crossing(here, there, values, servers=servers), ALL[there])
            assert all(one.title and one.text.endswith(".") and one.title[-1] != "." for one in told)
            assert SECRET not in repr(told)


BUDGET = "---\napiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata: {name: hub}\n"


@pytest.mark.parametrize(
    ("kubernetes", "blocks", "says"),
    [
        ("v1.32.7", True, "gives up at it whichever chart comes next"),
        ("v1.24.9", False, "a deployment before it replaces the record"),
        ("", False, "From that version on helm cannot change the release"),
    ],
)
def test_apis_in_the_record_that_kubernetes_removed_block_where_they_are_gone(kubernetes, blocks, says):
    removed = removed_objects(BUDGET)
    told = found("3.3.8", "4.4.0", azuread(**ALLOWED), kubernetes=kubernetes, removed=removed)["record"]
    assert (told.blocks, told.fixable) == (blocks, False)
    assert "PodDisruptionBudget hub (policy/v1beta1, gone in 1.25)" in told.text
    assert says in told.text
    assert ("mapkubeapis" in told.remedy) is blocks


def test_a_record_that_cannot_be_read_is_mentioned():
    assert not found("3.3.8", "4.4.0", azuread(**ALLOWED), removed=None)["record"].blocks
