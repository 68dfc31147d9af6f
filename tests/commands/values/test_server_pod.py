"""The rendering of users' pods is held against the real KubeSpawner, for a table of values."""

import json

import pytest

from commands.values.schema_errors import effective_values
from commands.values.server_profiles import MOST, servers
from commands.values.spawner_config import spawner_traits
from commands.values.unrendered_parts import other_spawner, unrendered
from tests.commands.values.server_values import CHOICES, DEFAULTS, UNRENDERABLE, VALUES
from tests.commands.values.spawned import HERE, plain, real_pod


def rendered(values):
    return servers(effective_values(values, DEFAULTS), HERE)


def traits(values):
    return spawner_traits(effective_values(values, DEFAULTS), HERE)


@pytest.mark.parametrize("case", VALUES)
async def test_each_pod_is_the_one_that_kubespawner_makes(monkeypatch, case):
    made = rendered(VALUES[case]).rendered
    options = CHOICES.get(case, [{}])
    assert len(made) == len(options)
    for server, chosen in zip(made, options, strict=True):
        real = await real_pod(monkeypatch, traits(VALUES[case]), chosen)
        assert plain(server.pod) == real, server.name


@pytest.mark.parametrize("case", UNRENDERABLE)
async def test_what_kubespawner_fails_at_is_told_without_what_stands_there(monkeypatch, case):
    values, path = UNRENDERABLE[case]["values"], UNRENDERABLE[case]["path"]
    [server] = rendered(values).rendered
    assert server.pod is None
    assert server.why.startswith(path)
    assert "16GB" not in server.why
    with pytest.raises(Exception, match=r"."):
        await real_pod(monkeypatch, traits(values), {})


def test_the_chart_gives_its_own_names_to_what_it_makes():
    made = traits(VALUES["named"])
    assert (made["scheduler_name"], made["priority_class_name"]) == ("teaching-user-scheduler", "teaching")
    assert made["image_pull_secrets"] == ["teaching-image-pull-secret"]
    made = traits(VALUES["everything"])
    assert made["scheduler_name"] == "jupyterhub-user-scheduler"
    assert made["priority_class_name"] == "jupyterhub-default-priority"
    assert made["common_labels"]["app.kubernetes.io/instance"] == "jupyterhub"


def test_no_value_of_a_variable_is_rendered():
    values = {"singleuser": {"extraEnv": {"A": "hunter2hunter2", "B": {"name": "C", "value": "hunter3hunter3"}}}}
    [server] = rendered(values).rendered
    assert "hunter" not in str(server.pod)
    assert [one["name"] for one in server.pod["spec"]["containers"][0]["env"]] == ["A", "C"]


def test_of_a_template_that_asks_for_any_width_nothing_is_made():
    [server] = rendered({"singleuser": {"extraLabels": {"a": "{username:>1000000000}"}}}).rendered
    assert server.pod["metadata"]["labels"]["a"] == "dryrun"


def choices(number):
    return {f"c{one}": {"kubespawner_override": {"cpu_limit": one + 1}} for one in range(number)}


def test_many_choices_are_bounded_and_counted():
    few = {"display_name": "Few", "profile_options": {"a": {"choices": choices(3)}, "b": {"choices": choices(4)}}}
    many = {"display_name": "Many", "profile_options": {"a": {"choices": choices(9)}, "b": {"choices": choices(9)}}}
    assert len(rendered({"singleuser": {"profileList": [few]}}).rendered) == 12
    # Together they would be 81: one at a time, then.
    assert len(rendered({"singleuser": {"profileList": [many]}}).rendered) == 17
    found = rendered({"singleuser": {"profileList": [{**many, "display_name": f"P{n}"} for n in range(100)]}})
    assert (len(found.rendered), found.left_out) == (MOST, 1700 - MOST)


def test_what_people_type_themselves_is_named():
    option = {"unlisted_choice": {"enabled": True, "kubespawner_override": {"image": "{value}"}}, "choices": choices(1)}
    found = rendered({"singleuser": {"profileList": [{"display_name": "Own", "profile_options": {"image": option}}]}})
    assert found.typed == ("Own, image",)


@pytest.mark.parametrize("profiles", [[1], {"a": None}, "x", [{"profile_options": {"a": {"choices": [1]}}}], [None]])
def test_profiles_of_any_shape_are_borne(profiles):
    assert rendered({"singleuser": {"profileList": profiles}}).rendered


UNRENDERED = {
    "extraConfig": ({"extraConfig": {"10-x": "c.a = 1"}}, "hub.extraConfig (10-x)"),
    "files": ({"extraFiles": {"f": {"mountPath": "/usr/local/etc/jupyterhub/jupyterhub_config.d/a.py"}}}, "extraFiles"),
    "secret": ({"existingSecret": "mine"}, "hub.existingSecret"),
    "hook": ({"config": {"KubeSpawner": {"modify_pod_hook": "my.hook"}}}, "modify_pod_hook"),
    "namespaces": ({"config": {"KubeSpawner": {"enable_user_namespaces": True}}}, "namespaces"),
}


@pytest.mark.parametrize(("hub", "says"), UNRENDERED.values(), ids=UNRENDERED)
def test_what_only_the_hub_knows_is_named(hub, says):
    [one] = unrendered(effective_values({"hub": hub}, DEFAULTS), HERE)
    assert says in one


def test_another_spawner_is_named():
    values = {"hub": {"config": {"JupyterHub": {"spawner_class": "simple"}}}}
    assert other_spawner(values) == "simple"
    assert other_spawner(DEFAULTS) == ""


def paths(node, path=()):
    if isinstance(node, dict):
        for name, one in node.items():
            yield (*path, name)
            yield from paths(one, (*path, name))


def put(node, path, value):
    return value if not path else {**node, path[0]: put(node[path[0]], path[1:], value)}


@pytest.mark.parametrize("odd", [None, 1, "x", "{", [], [1], [[1]], {"a": 1}, {1: {2: 3}}, True], ids=repr)
def test_values_of_any_shape_are_borne_wherever_they_stand(odd):
    whole = effective_values(VALUES["everything"], DEFAULTS)
    whole["hub"] = effective_values(VALUES["spawner"], DEFAULTS)["hub"]
    for path in paths(whole):
        made = servers(put(whole, path, odd), HERE).rendered
        assert made, path
        for one in made:
            assert one.pod is None or json.dumps(one.pod, sort_keys=True), path
        assert other_spawner(put(whole, path, odd)) is not None
        assert list(unrendered(put(whole, path, odd), HERE)) is not None
