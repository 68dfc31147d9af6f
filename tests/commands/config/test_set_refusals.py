"""`/jhub config set`: refusals, before and while it is planned."""

from dataclasses import replace

import pytest

from clients.values import parse
from commands.config.arguments import NewValue, ValuePath
from commands.framework.errors import UserError
from commands.framework.parser import parse as parse_line
from commands.framework.registry import catalogue
from tests.bot.kinds import kinds, part
from tests.commands.config.stored_values import TEXT, planned, world
from tests.world import SECRET, release


@pytest.mark.parametrize(
    ("path", "value", "why"),
    [
        ("singleuser.memory.limt", "6G", r"limt is unknown to the chart .did you mean limit.."),
        ("singlusr.memory.limit", "6G", "singlusr is unknown"),
        ("cull.enabled", "maybe", "must be boolean"),
        ("cull.every", "0", "minimum is 1"),
        ("cull.every", "often", "must be integer"),
        ("singleuser.image.pullPolicy", "Sometimes", "must be one of Always, Never"),
        ("singleuser.memory", "8G", "must be object"),
        ("singleuser.memory.limit", "6Gi", "followed by K, M, G or T"),
        ("singleuser.memory.limit", "lots", "followed by K, M, G or T"),
        ("singleuser.storage.capacity", "10GB", "must be a Kubernetes quantity"),
        ("singleuser.memory.limit.max", "8G", "no mapping"),
        ("singleuser.cmd[2]", "--x", "takes a list as a whole"),
        ("singleuser.cmd.first", "x", "no mapping"),
        ("singleuser.cmd", "[a, 3]", "must be string"),
        ("singleuser.memory[0]", "1", "no item"),
        ("singleuser.memory.limit", "8G", "is already 8G"),
        ("singleuser.image.tag", "7c1d2e9", "/jhub deploy"),
        ("hub.config.AzureAdOAuthenticator", "{}", "holds a secret"),
        ("hub", "{}", "holds a secret"),
        ("hub.extraConfig.99-x", "c.KubeSpawner.foo = (", r"hub.extraConfig.99-x is not Python .line 1: .* not start"),
    ],
)
async def test_what_the_chart_does_not_take_is_refused(path, value, why):
    live = replace(release(), values={**release().values, "singleuser": dict(parse(TEXT).values["singleuser"])})
    with pytest.raises(UserError, match=why) as error:
        await planned(world(releases=[live]), path, value)
    assert SECRET not in str(error.value)


async def test_a_misspelt_name_gets_the_line_that_was_meant():
    with pytest.raises(UserError) as error:
        await planned(world(), "singleuser.memory.limt", "6G")
    assert error.value.hints[0] == "/jhub config set singleuser.memory.limit 6G"


@pytest.mark.parametrize(
    "line",
    [
        "config set hub.config.AzureAdOAuthenticator.client_secret hunter2hunter2",
        "config set hub.services.x.apiToken hunter2hunter2",
        "config set hub.extraEnv[0].value hunter2hunter2",
        'config set hub.config.X "{client_secret: hunter2hunter2}"',
        "config set custom.note Basic-hunter2:eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
        "config set singleuser.extraEnv.SMTP_PASS hunter2hunter2",
        "config set hub.extraEnv.SLACK_WEBHOOK_URL hunter2hunter2",
        'schedule add "0 19 * * 1-5" config set singleuser.extraEnv.SMTP_PASS hunter2hunter2',
        "config set cull.every *hunter2",
        "config set cull.every &hunter2 *hunter2",
        "config set cull.every !!python/name:hunter2 x",
        "config set cull.every '[hunter2'",
    ],
)
def test_secrets_and_hostile_yaml_are_refused_before_anything_is_kept(line):
    """Parsing comes before a change is put on record: what it refuses stands in no trail."""
    with pytest.raises(UserError) as error:
        parse_line(line, catalogue())
    assert "hunter2" not in " ".join((str(error.value), *error.value.hints))


@pytest.mark.parametrize("kind", [pytest.param(one, id=one.name) for one in kinds() if "\n" not in one.text])
@pytest.mark.parametrize(
    "line",
    [
        "config set custom.note {}",
        "config set hub.extraConfig.x 'send({})'",
        "config set singleuser.extraEnv.NOTE {}",
        "deploy 7c1d2e9 --reason 'it is {}'",
        'schedule add "0 19 * * 1-5" config set custom.note {}',
        'schedule add "0 19 * * 1-5" scale 0 --reason {}',
    ],
)
def test_what_looks_like_a_secret_is_refused_before_anything_is_kept(kind, line):
    if '"' in kind.text:
        kind = replace(kind, text=kind.text.replace('"', ""))
    with pytest.raises(UserError) as error:
        parse_line(line.format(kind.text), catalogue())
    assert kind.core not in " ".join((str(error.value), *error.value.hints))


@pytest.mark.parametrize("length", [20, 24, 32])
def test_a_random_word_is_refused_as_a_value(length):
    """Nobody can tell what it opens."""
    with pytest.raises(UserError, match=r"values\.secrets"):
        NewValue.parse(part(length))


@pytest.mark.parametrize(
    "line",
    [
        "config set singleuser.image.name jhub.azurecr.io/Notebook-2026",
        "config set hub.config.AzureAdOAuthenticator.client_id 0f5a7c1e-3b2d-4e6f-8a9b-1c2d3e4f5a6b",
        "config set singleuser.nodeSelector[kubernetes.io/os] linux",
        "config set hub.extraConfig.00-refresh-token 'c.JupyterHub.shutdown_on_logout = True'",
        "config set singleuser.defaultUrl /lab?reset",
        "config set hub.config.JupyterHub.authenticator_class oauthenticator.azuread.AzureAdOAuthenticator",
        "config set singleuser.extraEnv.LANG da_DK.UTF-8",
        "deploy 3f9a41c0b7d24e5f8a9b0c1d2e3f4a5b6c7d8e9f --reason 'commit 3f9a41c0b7d24e5f8a9b0c1d2e3f4a5b6c7d8e9f'",
        'schedule add "0 19 * * 1-5" scale 0',
    ],
)
def test_what_is_no_secret_may_be_typed(line):
    assert parse_line(line, catalogue()).line == line


@pytest.mark.parametrize("path", ["", ".", "a..b", "a.b.", "a[", "a[x", "[0]", "a b", "a." * 40 + "a", "x" * 301])
def test_what_is_no_path_is_refused(path):
    with pytest.raises(ValueError, match="type names with dots between"):
        ValuePath.parse(path)


@pytest.mark.parametrize(
    ("typed", "parts"),
    [
        ("a.b-c.d_e", ("a", "b-c", "d_e")),
        ("a[0].b", ("a", 0, "b")),
        ("nodeSelector[kubernetes.io/os]", ("nodeSelector", "kubernetes.io/os")),
        (r"nodeSelector.kubernetes\.io/os", ("nodeSelector", "kubernetes.io/os")),
    ],
)
def test_a_path_reaches_names_with_dots_and_items(typed, parts):
    assert ValuePath.parse(typed).parts == parts
    assert ValuePath.parse(str(ValuePath.parse(typed))).parts == parts


def test_what_is_no_yaml_is_answered_without_an_unrelated_example():
    with pytest.raises(UserError, match="not YAML") as error:
        NewValue.parse("[1, 2")
    assert error.value.hints == ()
