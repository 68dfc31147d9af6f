"""Values asked of JupyterHub's own classes: what is sent, what the answers become, and where it is said."""

import importlib.util
import sys
from pathlib import Path

import pytest

from cards.text import render
from cards.views import Tone
from clients.errors import Unavailable
from clients.hub_classes import ClassFinding, FindingKind, HubClasses
from commands.config import validate as config_validate
from commands.framework.errors import UserError
from commands.values import hub_check as module
from commands.values.chart_traits import chart_traits
from commands.values.hub_config import HubConfig
from commands.values.stand_ins import with_stand_ins
from tests.commands.config.stored_values import TEXT, planned, world
from tests.world import SECRET, World, words
from tests.world.hub_classes import HubClasses as Asked

REAL = pytest.mark.skipif(
    not all(map(importlib.util.find_spec, ("jupyterhub", "kubespawner", "oauthenticator"))),
    reason="JupyterHub's classes are not installed: make setup",
)


async def checked(values, classes=None, **more):
    made = World(hub_classes=classes or Asked())
    return await module.hub_check(made.reads, values, {}, "5.5.0", **more)


async def sent(values):
    classes = Asked()
    await checked(values, classes)
    ((config,), version) = classes.asked[0]
    assert version == "5.5.0"
    return config


LOGIN = {"JupyterHub": {"authenticator_class": "azuread", "cookie_secret": "00"}, "CryptKeeper": {"keys": ["00"]}}


async def test_values_are_sent_as_the_chart_hands_them_on():
    values = {
        "hub": {"config": {**LOGIN, "KubeSpawner": {"start_timeout": 5}}, "concurrentSpawnLimit": 64},
        "singleuser": {
            "extraEnv": {"A": 4},
            "memory": {"limit": "2G"},
            "startTimeout": 300,
            "cmd": None,
            "events": True,
        },
    }
    assert await sent(values) == {
        "JupyterHub": {"authenticator_class": "azuread", "concurrent_spawn_limit": 64},
        "KubeSpawner": {
            "environment": {"A": 1},
            "mem_limit": "2G",
            # hub.config comes after the chart's own.
            "start_timeout": 5,
            "events_enabled": True,
        },
    }


async def test_no_secret_is_sent_and_no_text_of_what_may_hold_one():
    values = {
        "hub": {"config": {**LOGIN, "AzureAdOAuthenticator": {"client_secret": SECRET, "client_id": "an-id"}}},
        "singleuser": {
            "extraEnv": {"GREETING": "Hello {username}", "PIN": 98765, "B": {"valueFrom": {"x": "y"}}},
            "lifecycleHooks": {"postStart": {"exec": {"command": ["sh", "-c", "login hunter2"]}}},
            "profileList": [{"display_name": "GPU", "kubespawner_override": {"environment": {"TOKEN": "hunter2"}}}],
        },
    }
    config = await sent(values)
    assert SECRET not in repr(config)
    assert "hunter2" not in repr(config)
    assert "98765" not in repr(config)
    assert config["AzureAdOAuthenticator"]["client_id"] == "an-id"
    assert config["KubeSpawner"]["environment"]["GREETING"] == "xxxxx -xxxxxxxx-"
    assert config["KubeSpawner"]["profile_list"][0]["display_name"] == "GPU"


@pytest.mark.parametrize(("value", "instead"), [("aB3-ø{", "xx0-x-"), (700000, 1), (0, 0), (True, True), (None, None)])
def test_a_stand_in_has_the_type_and_the_shape(value, instead):
    made = with_stand_ins({"api_token": value, "name": value}, ("hub", "config", "A"))
    assert made == {"api_token": instead, "name": value}
    assert type(made["api_token"]) is type(instead)


async def test_plain_code_is_sent_and_what_other_code_may_set_is_not():
    code = "c.KubeSpawner.start_timeout = 9\nc.Authenticator.allowed_users = {'bob', 'ada'}\nc.KubeSpawner.cmd = find()"
    values = {"hub": {"config": {"KubeSpawner": {"cmd": "x", "start_timeout": 5}}, "extraConfig": {"a": code}}}
    assert await sent(values) == {
        "KubeSpawner": {"start_timeout": 9},
        "Authenticator": {"allowed_users": ["ada", "bob"]},
    }


TYPE = ClassFinding(FindingKind.TYPE, "KubeSpawner", "start_timeout", "an int")
GROUPS = ClassFinding(FindingKind.LOAD, "AzureAdOAuthenticator", "allowed_groups", "ValueError: x requires y")
GROUPS_PATH = ("hub", "config", "AzureAdOAuthenticator", "allowed_groups")
NUMBER = ClassFinding(
    FindingKind.LOAD, "KubeSpawner", "environment", "TypeError: expected string", ("OMP_NUM_THREADS",)
)
MISSPELT = ClassFinding(FindingKind.UNKNOWN, "A", "usernme", "AzureAdOAuthenticator", near="username")


async def told(found, values):
    return [(str(one), one.breaks) for one in (await checked(values, Asked((found,)))).violations]


async def test_each_finding_is_a_sentence_with_the_path_of_its_value():
    login = {"hub": {"config": LOGIN | {"AzureAdOAuthenticator": {"allowed_groups": ["g"]}}}}
    assert await told(TYPE, {"singleuser": {"startTimeout": "soon"}}) == [
        ("singleuser.startTimeout must be a whole number for KubeSpawner 7.1.0", True)
    ]
    assert await told(TYPE, {"hub": {"config": {"KubeSpawner": {"start_timeout": "soon"}}}}) == [
        ("hub.config.KubeSpawner.start_timeout must be a whole number for KubeSpawner 7.1.0", True)
    ]
    assert await told(NUMBER, {"singleuser": {"extraEnv": {"OMP_NUM_THREADS": 4}}}) == [
        ("singleuser.extraEnv.OMP_NUM_THREADS is refused by KubeSpawner 7.1.0: “TypeError: expected string”", True)
    ]
    assert await told(GROUPS, login) == [
        (
            f"{'.'.join(GROUPS_PATH)} is refused by OAuthenticator 17.4.0: “ValueError: x requires y”",
            True,
        )
    ]
    assert await told(MISSPELT, {"hub": {"config": {"A": {"usernme": 1}}}}) == [
        (
            "hub.config.A.usernme has no effect: AzureAdOAuthenticator has no such setting (did you mean username?)",
            False,
        )
    ]


async def test_what_code_may_make_right_is_no_more_than_a_warning():
    login = {"config": LOGIN | {"AzureAdOAuthenticator": {"allowed_groups": ["g"]}}}
    for code in ("configure(c)", "if x:\n    c.OAuthenticator.manage_groups = True"):
        ((why, breaks),) = await told(GROUPS, {"hub": login | {"extraConfig": {"a": code}}})
        assert not breaks
        assert why.endswith("unless code that the bot does not run (hub.extraConfig.a, line 1) sets something else")
    ((_, breaks),) = await told(GROUPS, {"hub": login | {"extraConfig": {"a": "c.KubeSpawner.cmd = find()"}}})
    assert breaks


async def test_nothing_is_asked_where_the_hubs_configuration_stays():
    classes = Asked(Unavailable("they", "are not to be asked"))
    live = {"singleuser": {"image": {"tag": "1"}, "extraEnv": {"A": "b"}}}
    new = {"singleuser": {"image": {"tag": "2"}, "extraEnv": {"A": "b"}}}
    assert await checked(new, classes, live=(live, {})) == module.HubCheck()
    assert classes.asked == []


async def test_what_is_wrong_already_is_known():
    live, new = ({"singleuser": {"startTimeout": one}} for one in ("soon", "later"))
    found = await checked(new, Asked((TYPE,)), live=(live, {}))
    assert set(found.violations) == found.known


async def test_config_set_writes_a_text_where_the_classes_want_one():
    class OnlyTexts(Asked):
        async def judged(self, configs, hub_version):
            self.found = (TYPE,) if isinstance(configs[0]["KubeSpawner"]["start_timeout"], int) else ()
            return await super().judged(configs, hub_version)

    made = world()
    made.hub_classes = OnlyTexts()
    assert (await planned(made, "hub.config.KubeSpawner.start_timeout", "0755")).change.after == 493
    made.hub_classes = Asked((ClassFinding(FindingKind.TYPE, "KubeSpawner", "service_account", "a unicode string"),))
    with pytest.raises(UserError, match=r"hub\.config\.KubeSpawner\.service_account must be a text"):
        await planned(made, "hub.config.KubeSpawner.service_account", "[a]")


async def test_a_plan_says_that_it_was_not_checked():
    made = world()
    made.hub_classes = Asked(Unavailable("JupyterHub's own classes", "are not installed here"))
    plan = await planned(made, "singleuser.serviceAccountName", "a")
    assert "Not checked by JupyterHub's own classes: they are not installed here." in plan.warnings


async def test_validate_names_the_judges_and_the_code_that_was_not_run():
    made = world(TEXT.replace("config:\n", "extraConfig: {a: configure(c)}\n  config:\n", 1))
    view = await config_validate.run(config_validate.Args(), made.reads)
    shown = " ".join(render(view).split())
    assert "JupyterHub 5.5.4, KubeSpawner 7.1.0, OAuthenticator 17.4.0" in shown
    assert "code, which the bot reads and does not run: hub.extraConfig.a, line 1" in shown
    made.hub_classes.found = (MISSPELT,)
    view = await config_validate.run(config_validate.Args(), made.reads)
    assert view.tone is Tone.BAD
    assert "nothing refuses them, but they have no effect as written" in view.title
    made.hub_classes.found = Unavailable("they", "are not installed here")
    assert "Not checked by JupyterHub's own classes" in words(
        await config_validate.run(config_validate.Args(), made.reads)
    )


@REAL
async def test_the_real_classes_say_where_values_are_wrong():
    values = {
        "hub": {
            "config": LOGIN
            | {"AzureAdOAuthenticator": {"client_id": "a", "client_secret": SECRET, "allowed_groups": ["g"]}},
            "concurrentSpawnLimit": "ten",
        },
        "singleuser": {"extraEnv": {"OMP_NUM_THREADS": 4}, "startTimeout": "soon", "memory": {"limit": "6Gi"}},
    }
    found = await checked(values, HubClasses([Path(sys.executable)]))
    assert found.judges.startswith("JupyterHub 5.5.")
    assert all(one.breaks for one in found.violations)
    assert {one.path for one in found.violations} == {
        "hub.config.AzureAdOAuthenticator.allowed_groups",
        "hub.concurrentSpawnLimit",
        "singleuser.extraEnv.OMP_NUM_THREADS",
        "singleuser.startTimeout",
        "singleuser.memory.limit",
    }


RICH = {
    "hub": {
        "config": {
            "JupyterHub": {"authenticator_class": "azuread", "admin_access": True},
            "AzureAdOAuthenticator": {
                "client_id": "a",
                "client_secret": "b",
                "allowed_users": ["ada"],
                "scope": ["openid"],
            },
            "Authenticator": {"admin_users": ["ada"], "enable_auth_state": True},
            "KubeSpawner": {"slug_scheme": "escape", "delete_pvc": False},
        },
        "templateVars": {"a": 1},
        "allowNamedServers": True,
        "extraConfig": {"hook": "def hook(spawner):\n    pass\nc.KubeSpawner.pre_spawn_hook = hook"},
    },
    "singleuser": {
        "extraEnv": {"A": "{username}", "B": {"valueFrom": {"secretKeyRef": {"name": "a", "key": "b"}}}},
        "memory": {"limit": "2G", "guarantee": "1G"},
        "cpu": {"limit": 2, "guarantee": 0.5},
        "storage": {
            "extraVolumes": [{"name": "shm", "emptyDir": {"medium": "Memory"}}],
            "extraVolumeMounts": [{"name": "shm", "mountPath": "/shared"}],
        },
        "lifecycleHooks": {"postStart": {"exec": {"command": ["sh", "-c", "setup {all}"]}}},
        "extraTolerations": [{"key": "a", "operator": "Exists"}],
        "nodeSelector": {"a": "b"},
        "initContainers": [{"name": "a", "image": "b", "command": ["c"]}],
        "profileList": [
            {"display_name": "A", "default": True},
            {
                "display_name": "B",
                "kubespawner_override": {"cpu_limit": 2, "extra_resource_limits": {"nvidia.com/gpu": "1"}},
                "profile_options": {"image": {"display_name": "i", "choices": {"a": {"display_name": "a"}}}},
            },
        ],
        "extraPodConfig": {"securityContext": {"fsGroup": 100}},
        "extraNodeAffinity": {"required": [{"matchExpressions": [{"key": "a", "operator": "Exists"}]}]},
        "uid": 1000,
        "fsGid": 100,
        "events": True,
        "allowPrivilegeEscalation": False,
    },
}


@REAL
async def test_the_real_classes_find_nothing_wrong_with_good_values():
    assert (await checked(RICH, HubClasses([Path(sys.executable)]))).violations == ()


@REAL
def test_the_real_classes_have_each_trait_that_the_chart_sets(every_value):
    from jupyterhub.app import JupyterHub  # noqa: PLC0415 - it takes seconds
    from kubespawner import KubeSpawner  # noqa: PLC0415

    known = {"JupyterHub": JupyterHub, "KubeSpawner": KubeSpawner, "Spawner": KubeSpawner}
    traits = [one.trait for one in chart_traits(every_value, HubConfig(every_value))]
    assert len(traits) > 45
    assert [one for one in traits if one[1] not in known[one[0]].class_traits(config=True)] == []


@pytest.fixture
def every_value():
    """Values in which whatever is asked for is set."""

    class Everything(dict):
        def get(self, name, _=None):
            return None if name in ("config", "extraConfig", "extraFiles") else self[name]

        def __missing__(self, name):
            return "dynamic" if name == "type" else Everything(set="x")

    return Everything()
