"""Old forms of values become what new charts take, without changing what they mean, once and for all."""

from copy import deepcopy

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commands.values.base import with_changes
from commands.values.draft import Draft, differences
from commands.values.schema_errors import schema_violations
from commands.values.secrets import leaves
from tests.commands.chart.conversions import from_old
from tests.world import SECRET
from tests.world.old_values import ALL, CRYPT_KEY, NEW_AUTH, PULL_SECRET, RUNBOOK

NAMES = [
    ("", "hub.config.KubeSpawner.slug_scheme", "escape"),
    ("", "singleuser.storage.dynamic.pvcNameTemplate", "claim-{username}{servername}"),
]


def test_the_runbooks_values_become_what_chart_4_takes():
    before = deepcopy(RUNBOOK)
    done = from_old(RUNBOOK)
    assert before == RUNBOOK, "what is given is not changed"
    assert done.unclear == ()
    assert done.values["hub"]["config"] == {**NEW_AUTH, "KubeSpawner": {"slug_scheme": "escape"}}
    assert done.values["imagePullSecret"] == {
        "create": True,
        "registry": "jhub.azurecr.io",
        "username": "jhub",
        "password": PULL_SECRET,
    }
    assert "auth" not in done.values
    assert "imagePullSecret" not in done.values["singleuser"]
    assert done.values["singleuser"]["storage"]["dynamic"] == {
        "storageClass": "managed-premium",
        "pvcNameTemplate": "claim-{username}{servername}",
    }
    assert done.values["cull"] == RUNBOOK["cull"]
    files = ALL["4.4.0"]
    assert [str(one) for one in schema_violations(RUNBOOK, files.values, files.schema)] == [
        "auth is unknown to the chart",
        "singleuser.imagePullSecret is unknown to the chart",
    ]
    assert schema_violations(done.values, files.values, files.schema) == ()


def test_what_is_mended_is_mended_already():
    done = from_old(RUNBOOK)
    again = from_old(done.values)
    assert (again.shifts, again.unclear, again.values) == ((), (), done.values)


def test_nothing_that_is_told_holds_a_value_that_moves():
    done = from_old(RUNBOOK)
    told = repr(done.shifts) + repr(done.unclear) + repr(done)
    moved = [leaf.value for leaf in leaves(RUNBOOK["auth"]) if isinstance(leaf.value, str) and len(leaf.value) > 8]
    assert [value for value in (*moved, SECRET, PULL_SECRET, CRYPT_KEY) if value in told] == []
    assert ("auth.azuread.clientSecret", "hub.config.AzureAdOAuthenticator.client_secret") in [
        (one.old, one.new) for one in done.shifts
    ]


def test_changes_by_path_make_the_same_of_the_values():
    done = from_old(RUNBOOK)
    assert with_changes(RUNBOOK, differences(RUNBOOK, done.values)) == done.values
    assert differences(done.values, done.values) == []


def test_a_single_value_in_the_way_is_for_people():
    done = from_old({"auth": {"type": "azuread"}, "hub": {"config": "text"}}, there="1.1.3")
    assert done.unclear == ("auth.type belongs under hub.config, which holds a single value.",)
    assert done.values["hub"] == {"config": "text"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"hub": {"uid": 1000}}, {"hub": {"containerSecurityContext": {"runAsUser": 1000}}}),
        ({"hub": {"fsGid": 1000}}, {"hub": {"podSecurityContext": {"fsGroup": 1000}}}),
        ({"hub": {"fsGid": None, "x": 1}}, {"hub": {"x": 1}}),
        ({"hub": {"extraConfigMap": {"a": 1}}, "custom": {"b": 2}}, {"custom": {"a": 1, "b": 2}}),
        ({"proxy": {"pdb": {"enabled": True}}}, {"proxy": {"chp": {"pdb": {"enabled": True}}}}),
        (
            {"singleuser": {"cloudMetadata": {"enabled": True}}},
            {"singleuser": {"cloudMetadata": {"blockWithIptables": False}}},
        ),
        ({"rbac": {"enabled": True}}, {"rbac": {"create": True}}),
        ({"hub": {"imagePullSecret": {"enabled": False, "password": "p"}}}, {}),
        (
            {"hub": {"imagePullSecret": {"enabled": True, "username": "u", "password": "p"}}},
            {
                "imagePullSecret": {
                    "create": True,
                    "registry": "https://index.docker.io/v1/",
                    "username": "u",
                    "password": "p",
                }
            },
        ),
    ],
)
def test_what_was_renamed(old, new):
    done = from_old(old, here="3.3.8", there="3.3.8")
    assert (done.values, done.unclear) == (new, ())
    assert from_old(done.values, here="3.3.8", there="3.3.8").shifts == ()


def test_the_same_pull_secret_twice_is_one_and_different_ones_are_for_people():
    one = {"enabled": True, "registry": "r", "username": "u", "password": "p"}
    both = {"hub": {"imagePullSecret": one}, "singleuser": {"imagePullSecret": dict(one)}}
    done = from_old(both, there="1.1.3")
    assert done.values == {"imagePullSecret": {"create": True, "registry": "r", "username": "u", "password": "p"}}
    assert done.unclear == ()
    both["singleuser"]["imagePullSecret"]["password"] = "another"
    (why,) = from_old(both, there="1.1.3").unclear
    assert why.startswith("singleuser.imagePullSecret.password and imagePullSecret.password contradict each other")
    strange = {"hub": {"imagePullSecret": {"enabled": True, "key": "x"}}}
    assert from_old(strange, there="1.1.3").unclear == (
        "hub.imagePullSecret contains more than enabled, registry, username, password, email.",
    )


def test_without_rbac_there_are_no_accounts_either():
    done = from_old({"rbac": {"enabled": False}}, here="3.0.0", there="3.0.0")
    assert done.values["rbac"] == {"create": False}
    assert done.values["proxy"] == {"traefik": {"serviceAccount": {"create": False}}}
    assert [one.value for one in done.shifts if one.new.endswith("serviceAccount.create")] == ["false"] * 4


def test_a_chart_that_does_not_know_the_new_name_keeps_the_old_one():
    old = {"hub": {"fsGid": 1}, "rbac": {"enabled": True}}
    assert from_old(old, there="1.1.3").shifts == ()


@pytest.mark.parametrize(
    ("here", "there", "told"),
    [("3.3.8", "4.0.0", NAMES), ("1.1.3", "4.4.0", NAMES), ("4.0.0", "4.4.0", []), ("1.1.3", "3.3.8", [])],
)
def test_homes_keep_their_names_when_chart_4_comes(here, there, told):
    assert [(one.old, one.new, one.value) for one in from_old({}, here, there).shifts] == told


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"hub": {"config": {"KubeSpawner": {"slug_scheme": "safe"}}}}, []),
        ({"hub": {"config": {"KubeSpawner": {"slug_scheme": "escape"}}}}, NAMES[1:]),
        ({"hub": {"config": {"KubeSpawner": {"slug_scheme": "escape", "pvc_name_template": "x-{username}"}}}}, []),
        ({"singleuser": {"storage": {"type": "none"}}}, []),
        ({"singleuser": {"storage": {"type": "static"}}}, NAMES[:1]),
        ({"singleuser": {"storage": {"dynamic": {"pvcNameTemplate": "mine-{username}"}}}}, NAMES[:1]),
    ],
)
def test_what_somebody_decided_about_homes_stays(values, told):
    assert [(one.old, one.new, one.value) for one in from_old(values, "3.3.8", "4.4.0").shifts] == told


KEYS = st.sampled_from(["auth", "type", "custom", "azuread", "clientId", "hub", "config", "imagePullSecret", "enabled"])
TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["azuread", "custom", "x.Y"]),
    lambda children: st.dictionaries(KEYS, children, max_size=4) | st.lists(children, max_size=2),
    max_leaves=12,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(KEYS, TREES, max_size=5))
def test_whatever_the_values_are_twice_changes_no_more_than_once(values):
    done = from_old(values)
    again = from_old(done.values)
    assert again.values == done.values
    assert [one for one in again.shifts if not one.old or one.new] == []


def test_a_draft_goes_on_where_nothing_stands():
    draft = Draft({"hub": None})
    draft.set(("hub", "a", "b"), 1)
    draft.drop(("nothing", "here"))
    assert draft.values == {"hub": {"a": {"b": 1}}}
