"""Several hubs in one configuration: what each is made of, and what they may not share."""

from datetime import timedelta

import pytest

from bot.config.loading import settings_from
from bot.config.types import ConfigError
from bot.config_tools.check import check
from bot.config_tools.summary import meaning

GROUP = "0c2b1f7e-5a3d-4c6b-9e8f-7a6b5c4d3e2f"
TEST = {"kubernetes": {"namespace": "jhub-test"}, "hub": {"url": "http://hub.jhub-test.svc:8081"}}


def two(**more):
    return settings_from({"hub_name": "prod", "hubs": {"test": TEST | more}, "alerts": {"heartbeat_url": "env:BEAT"}})


def test_a_section_of_a_further_hub_stands_whole_in_the_place_of_the_first_ones():
    settings = settings_from(
        {
            "release": {"name": "hub", "timeout": "20m"},
            "storage": {"snapshot_retention": "3d"},
            "hubs": {"test": TEST | {"release": {"name": "test"}}},
        }
    )
    its = settings.of("test")
    assert (its.kubernetes.namespace, its.release.name) == ("jhub-test", "test")
    assert its.release.timeout == timedelta(minutes=10)
    assert its.storage.snapshot_retention == timedelta(days=3)
    assert (settings.of("main"), its.hubs, its.hub_name) == (settings, {}, "test")


def test_records_and_heartbeat_are_each_hubs_own():
    settings = two()
    its = settings.of("test")
    assert its.state_dir == settings.state_dir / "hubs" / "test"
    assert (settings.store.schema_name, its.store.schema_name) == ("", "jhub_bot_test")
    assert settings.alerts.place_of("heartbeat_url")
    assert its.alerts.place_of("heartbeat_url") is None
    own = two(alerts={"heartbeat_url": "env:ITS_BEAT"}).of("test")
    assert str(own.alerts.place_of("heartbeat_url")) == "env:ITS_BEAT"


@pytest.mark.parametrize(
    ("hubs", "why"),
    [
        ({"main": TEST}, "main is already the first hub's name"),
        ({"test": {"hub": TEST["hub"], "release": {"name": "jupyterhub"}}}, "main and test have the same release"),
        ({"test": {"hub": TEST["hub"]}}, "main and test have the same namespace"),
        ({"test": {"kubernetes": TEST["kubernetes"]}}, "main and test have the same hub.url"),
        ({"test": TEST, "dev": TEST | {"release": {"name": "dev"}}}, "test and dev have the same hub.url"),
        ({"test": TEST, "dev": {"hub": {"url": "http://dev"}, "kubernetes": TEST["kubernetes"]}}, "same namespace"),
        ({"test": {"release": {"name": "two"}, "hub": {"url": "http://two"}}}, "main and test have the same namespace"),
        ({"te_st": TEST}, "hubs.te_st"),
        ({"Test": TEST}, "hubs.Test"),
        ({"test": TEST | {"teams": {}}}, "hubs.test.teams"),
        ({"test": TEST | {"channels": "19:x"}}, "hubs.test.channels"),
    ],
)
def test_hubs_that_could_not_be_told_apart_are_refused(hubs, why):
    with pytest.raises(ConfigError, match=why):
        settings_from({"hubs": hubs})


def test_a_channel_is_of_one_hub():
    dev = {"kubernetes": {"namespace": "dev"}, "hub": {"url": "http://dev"}, "channels": ["19:a", "19:a"]}
    with pytest.raises(ConfigError, match="19:a is a channel of more than one hub"):
        settings_from({"hubs": {"test": TEST | {"channels": ["19:a"]}, "dev": dev}})
    assert settings_from({"hubs": {"dev": dev}}).hubs["dev"].channels == ("19:a", "19:a")


def test_two_hubs_do_not_write_their_values_to_one_file():
    home = {"home": "git", "repository": "https://git.example.org/x.git", "file": "config.yaml"}
    with pytest.raises(ConfigError, match="have the same values"):
        settings_from({"values": home, "hubs": {"test": TEST}})
    assert settings_from({"values": home, "hubs": {"test": TEST | {"values": home | {"file": "test.yaml"}}}})


def test_a_name_that_there_is_not_says_which_there_are():
    assert two().named(None).hub_name == "prod"
    assert two().named("test").hub_name == "test"
    with pytest.raises(ConfigError, match="there is no hub dev; choose from prod, test"):
        two().named("dev")


def test_a_variable_sets_something_of_a_further_hub(monkeypatch):
    monkeypatch.setenv("JHUB_BOT_HUBS__TEST__RELEASE__NAME", "nightly")
    assert settings_from({"hubs": {"test": TEST}}).of("test").release.name == "nightly"


CHECKED = """\
hub_name: prod
kubernetes: {namespace: jhub}
access:
  admin: [{id: 0c2b1f7e-5a3d-4c6b-9e8f-7a6b5c4d3e2f, name: admins}]
hubs:
  test:
    kubernetes: {namespace: jhub-test}
    hub: {url: "http://hub.jhub-test.svc:8081"}
    values: {home: file, file: nosuch/config.yaml}
    release: {chart: nosuch/chart, repository: null}
    azure: {token_file: nosuch/token, subscription_id: s, resource_group: g, cluster: c}
    approvals: {policy: {nosuch: {approvals: 1}}}
"""


async def test_mistakes_of_a_further_hub_are_told_with_their_lines(tmp_path):
    file = tmp_path / "bot.yaml"
    file.write_text(CHECKED)
    told = {one.place: (one.spot.line, one.mistake) for one in (await check(file)).findings}
    assert told["hubs.test.values.file"] == (9, False)
    assert told["hubs.test.release.chart"] == (10, True)
    assert told["hubs.test.azure.token_file"] == (11, True)
    assert told["hubs.test.approvals.policy"] == (12, True)


async def test_what_hubs_share_is_told_where_they_stand(tmp_path):
    file = tmp_path / "bot.yaml"
    file.write_text(CHECKED.replace("namespace: jhub-test", "namespace: jhub"))
    (found,) = (await check(file)).findings
    assert (found.place, found.spot.line) == ("hubs", 5)
    assert found.what == "prod and test have the same namespace: each needs its own"


@pytest.mark.parametrize(
    ("further", "name"),
    [
        ({}, "jupyterhub-test"),
        ({"release": {"timeout": "20m"}}, "jupyterhub-test"),
        ({"release": {"name": "jupyterhub"}}, "jupyterhub"),
        ({"kubernetes": {"kubeconfig": "other.yaml", "namespace": "jhub-test"}}, "jupyterhub"),
        ({"kubernetes": {"context": "other", "namespace": "jhub-test"}}, "jupyterhub"),
        ({"kubernetes": {"kubeconfig": "other.yaml"}, "release": {"timeout": "20m"}}, "jupyterhub"),
    ],
)
def test_in_one_cluster_releases_have_names_of_their_own(further, name):
    release = two(**further).of("test").release
    assert release.name == name
    assert release.timeout == timedelta(minutes=20 if "timeout" in further.get("release", {}) else 10)


def test_a_release_name_is_no_longer_than_helm_takes():
    settings = settings_from({"release": {"name": "r" * 50}, "hubs": {"test": TEST}})
    assert settings.of("test").release.name == "r" * 50 + "-te"


@pytest.mark.parametrize(
    ("name", "warned"), [("", []), ("name: jupyterhub", ["hubs.test.release.name"]), ("name: other", [])]
)
async def test_a_shared_release_name_in_one_cluster_is_warned_of(tmp_path, name, warned):
    file = tmp_path / "bot.yaml"
    lines = ["hubs:", "  test:", "    kubernetes: {namespace: jhub-test}", "    hub: {url: http://hub.jhub-test:8081}"]
    file.write_text("\n".join([*lines, f"    release: {{{name}}}", ""]))
    checked = await check(file)
    about = [one for one in checked.warnings if "release" in one.place]
    assert [one.place for one in about] == warned
    assert all(not one.mistake and one.spot.line == 5 for one in about)
    assert all("main has a release jupyterhub in the same cluster" in one.what for one in about)


def test_what_a_further_hub_comes_to_is_told_by_its_name():
    access = {"admin": [{"id": GROUP, "name": "testers"}]}
    lines = [line for word, line in meaning(two(access=access)) if word == "test"]
    assert "release jupyterhub-test in namespace jhub-test" in lines[0]
    assert "admin: testers" in lines
