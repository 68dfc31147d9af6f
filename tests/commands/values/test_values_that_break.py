"""Values that helm takes, and that break starts, logins or the certificate: told by `validate`, `set` and each plan."""

import pytest

from cards.views import Tone
from clients.helm import ChartFiles, Rendered
from clients.values import parse
from commands.config import set as config_set
from commands.config import validate as config_validate
from commands.config.arguments import NewValue, SettablePath
from commands.framework.errors import UserError
from commands.rollout import deploy
from commands.text.redaction import Redactor
from commands.values.display import as_lines
from commands.values.type_checks import malformed
from tests.commands.values.broken_values import BROKEN, BYTES, DEFAULTS, HTTPS, PROFILE
from tests.commands.values.good_values import ANCHORS, CALLBACK, GOOD, UNLIKELY
from tests.world import Home, World, release, words
from tests.world.manifests import Hub


def found(text):
    return malformed(parse(text).values, DEFAULTS)


@pytest.mark.parametrize(("text", "path", "why"), BROKEN.values(), ids=BROKEN)
def test_a_value_that_breaks_something_is_told_with_its_path(text, path, why):
    [one] = found(text)
    assert one.path == path
    assert why in one.why
    assert one.breaks


@pytest.mark.parametrize("text", UNLIKELY.values(), ids=UNLIKELY)
def test_a_callback_to_which_no_login_returns_is_told(text):
    [one] = found(text)
    assert (one.path, one.breaks) == (CALLBACK, False)
    assert one.why.endswith("hub/oauth_callback, or nobody can log in")
    assert "must be https://" in one.why


@pytest.mark.parametrize("text", GOOD.values(), ids=GOOD)
def test_values_that_are_well_are_left_alone(text):
    assert found(text) == ()


def test_an_old_charts_callback_is_told():
    [one] = found("auth: {azuread: {callbackUrl: 'https://hub.example.org/hub/callback'}}")
    assert (one.path, one.breaks) == ("auth.azuread.callbackUrl", False)
    assert found("auth: {azuread: {callbackUrl: 'https://hub.example.org/hub/oauth_callback'}}") == ()


def test_nothing_that_is_said_repeats_what_stands_there():
    said = "".join(map(str, found(HTTPS % '"hunter2 hunter3"' + PROFILE % "mem_limit: hunter4")))
    assert said
    assert "hunter" not in said


def world(text="", live=None):
    values = {"singleuser": {"image": {"name": "jhub.azurecr.io/notebook", "tag": "3f9a41c"}}}
    before = release(3, manifest=Hub().live)
    before = type(before)(**{**vars(before), "values": live if live is not None else values, "defaults": DEFAULTS})
    made = World(
        releases=[before],
        charts={"4.4.0": ChartFiles("4.4.0", "5.5.0", DEFAULTS, {"type": "object"})},
        renders=lambda *, version, **_: Rendered("jupyterhub", version, "5.5.0", Hub().text, "", DEFAULTS),
    )
    made.home = Home(made, dict(parse(text).values), text=text)
    return made


@pytest.mark.parametrize(("text", "path", "why"), BROKEN.values(), ids=BROKEN)
async def test_validate_says_it_with_its_line(text, path, why):
    view = await config_validate.run(config_validate.Args(), world(text).reads)
    [row] = view.sections[0].rows
    assert view.title == "The values have one mistake: helm, Kubernetes or the hub would refuse them"
    assert row[0].text.isdecimal()
    assert (row[1].text, why in row[2].text) == (path, True)


async def test_validate_says_of_a_callback_what_it_breaks():
    view = await config_validate.run(config_validate.Args(), world(UNLIKELY["z2jh #1281"]).reads)
    assert (view.title, view.tone) == ("The values have one mistake: people could not log in", Tone.BAD)
    assert "must be https://HOST/hub/oauth_callback, or nobody can log in" in words(view)


@pytest.mark.parametrize("text", GOOD.values(), ids=GOOD)
async def test_validate_has_no_false_alarm(text):
    assert (await config_validate.run(config_validate.Args(), world(text).reads)).tone is Tone.GOOD


@pytest.mark.parametrize("name", ["jupyterhub #3756", "z2jh #2551", "2i2c-org/infrastructure #3721"])
async def test_what_is_certain_to_break_is_not_deployed(name):
    text, path, why = BROKEN[name]
    with pytest.raises(UserError) as error:
        await deploy.plan(deploy.Args(), world(text).reads)
    assert str(error.value).startswith(f"{path} {why}")
    shown = deploy.preview(await deploy.plan(deploy.Args(dry_run=True), world(text).reads))
    assert any(line.startswith(f"{path} {why}") for line in shown.warnings)


async def test_what_is_broken_already_is_a_warning_and_stops_no_other_change():
    text, path, why = BROKEN["2i2c-org/infrastructure #3721, guarantee above limit"]
    live = parse(text).values
    shown = deploy.preview(await deploy.plan(deploy.Args(), world(f"{text}\ncull: {{every: 300}}\n", live).reads))
    assert any(line.startswith(f"{path} {why}") for line in shown.warnings)


async def test_a_doubtful_callback_is_a_warning_of_the_plan():
    shown = deploy.preview(await deploy.plan(deploy.Args(), world(UNLIKELY["z2jh #1281"]).reads))
    assert any(f"{CALLBACK} must be https://HOST/hub/oauth_callback" in line for line in shown.warnings)


@pytest.mark.parametrize(
    ("path", "value", "why"),
    [
        ("proxy.https", "{enabled: true, hosts: ['https://hub.example.org']}", "remove “https://”"),
        ("singleuser.image.name", "jhub.azurecr.io/notebook:latest", "has a tag in it"),
        ("singleuser.memory.guarantee", "8G", "is above singleuser.memory.limit"),
        ("singleuser.profileList", "[{display_name: A, kubespawner_override: {mem_limit: 16GB}}]", BYTES),
    ],
)
async def test_a_value_that_breaks_something_is_not_set(path, value, why):
    args = config_set.Args(SettablePath.parse(path), NewValue.parse(value))
    with pytest.raises(UserError, match="The hub does not accept this") as error:
        await config_set.plan(args, world("singleuser: {memory: {limit: 4G}}").reads)
    assert why in str(error.value)


async def test_a_value_that_others_repeat_is_refused_before_anybody_agrees_with_what_to_type():
    path = "singleuser.profileList[1].profile_options.image.display_name"
    with pytest.raises(UserError) as error:
        await config_set.plan(
            config_set.Args(SettablePath.parse(path), NewValue.parse("Environment")), world(ANCHORS).reads
        )
    assert str(error.value) == (
        "The bot cannot make this change in the values' file. singleuser.profileList[1].profile_options (line 12) "
        "repeats what begins in line 5 (“*”): both would change. Change the file by hand. "
        'What to write: “display_name: "Environment"”.'
    )


async def test_a_value_beside_an_anchor_is_set():
    path = SettablePath.parse("singleuser.profileList[1].kubespawner_override.mem_limit")
    plan = await config_set.plan(config_set.Args(path, NewValue.parse("32G")), world(ANCHORS).reads)
    assert plan.change.after == "32G"


async def test_a_number_for_an_environment_is_set_as_a_text():
    path = SettablePath.parse("singleuser.extraEnv.OMP_NUM_THREADS")
    plan = await config_set.plan(config_set.Args(path, NewValue.parse("4")), world("cull: {every: 300}").reads)
    assert plan.change.after == "4"


async def test_code_under_a_name_like_a_secrets_is_no_secret():
    # 2i2c utoronto's common-canvas values.
    code = "def hook(authenticator, auth_state):\n          return auth_state\n"
    text = f"hub:\n  extraConfig:\n    00-refresh-token: |\n      {code}"
    assert (await config_validate.run(config_validate.Args(), world(text).reads)).tone is Tone.GOOD


async def test_a_text_is_shown_so_that_helm_would_read_it_as_one():
    texts = {"a": "n", "b": "08", "c": "1e3", "d": "plain", "e": "yes", "f": 8}
    assert as_lines(texts, Redactor()) == ["a: 'n'", "b: '08'", "c: '1e3'", "d: plain", "e: 'yes'", "f: 8"]


@pytest.mark.parametrize(("typed", "after"), [("n", False), ("08", 8), ("'n'", "n"), ("0o17", 15), ("1e3", 1000)])
async def test_what_is_typed_means_what_helm_would_read(typed, after):
    args = config_set.Args(SettablePath.parse("custom.flag"), NewValue.parse(typed))
    plan = await config_set.plan(args, world("custom: {flag: x}").reads)
    assert plan.change.after == after
    assert type(plan.change.after) is type(after)
