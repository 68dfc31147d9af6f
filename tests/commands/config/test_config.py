"""`/jhub config show`, `diff`, `validate` and `set`, on made-up values and a made-up chart."""

import json
from dataclasses import replace

import pytest

from bot.audit.entry import described
from bot.changes.serialization import dump, load
from cards.pages import all_pages
from cards.views import Failure, Notice, Tone
from clients.errors import Conflict, Rejected, Unavailable
from clients.helm import ChartFiles, FailureReason, UpgradeResult
from clients.values import parse
from commands.config import diff as config_diff
from commands.config import set as config_set
from commands.config import show as config_show
from commands.config import validate as config_validate
from commands.config.arguments import NewValue, RevisionNumber, SettablePath, ValuePath
from commands.config.set_plan import SetPlan
from commands.framework.errors import UserError
from commands.framework.parser import parse as parse_line
from commands.framework.registry import catalogue
from commands.rollout.upgrade_base import upgrade_base
from tests.bot.kinds import kinds, part
from tests.commands.crashing import Died, Fuse, Journal, Mortal
from tests.commands.outside import SECRET, Doing, Helm, Home, World, release, words

BOOLEAN = {"type": "boolean"}
SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "hub": {"type": "object"},
        "singleuser": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "memory": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {"limit": {"type": ["string", "number", "null"]}, "guarantee": {"type": "string"}},
                },
                "image": {
                    "type": "object",
                    "properties": {"tag": {"type": "string"}, "pullPolicy": {"enum": ["Always", "Never"]}},
                },
                "cmd": {"type": ["array", "null"], "items": {"type": "string"}},
                "serviceAccountName": {"type": "string"},
            },
        },
        "cull": {"type": "object", "properties": {"enabled": BOOLEAN, "every": {"type": "integer", "minimum": 1}}},
    },
}
CHART = ChartFiles(
    "4.4.0", "5.5.0", {"cull": {"enabled": True, "every": 600}, "singleuser": {"memory": {"guarantee": "1G"}}}, SCHEMA
)
TEXT = """\
hub:
  config:
    AzureAdOAuthenticator: {}
singleuser:
  image: {name: jhub.azurecr.io/notebook, tag: 3f9a41c}
  memory:
    limit: 8G
  cmd: [jupyterhub-singleuser, --debug]
"""


def world(text=None, **more):
    """A hub whose values live in the release, or in a file with this text."""
    made = World(charts={"4.4.0": CHART}, **more)
    if text is not None:
        made.home = Home(made, dict(parse(text).values), text=text)
    return made


async def shown(made, path=""):
    return await config_show.run(config_show.Args(ValuePath.parse(path) if path else None), made.reads)


# show


async def test_values_are_shown_without_secrets():
    said = words(await shown(world()))
    assert "limit: 8G" in said
    assert "client_secret: [hidden]" in said
    assert SECRET not in said


async def test_a_secret_is_hidden_wherever_it_stands_again():
    values = release().values
    twice = replace(
        release(),
        values={**values, "custom": {"note": f"it is {SECRET}", "key": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln"}},
    )
    said = words(await shown(world(releases=[twice])))
    assert SECRET not in said
    assert "eyJ" not in said
    assert "it is [hidden]" in said


async def test_one_name_is_shown_with_what_stands_under_it():
    said = words(await shown(world(TEXT), "singleuser.memory"))
    assert "limit: 8G" in said
    assert "3f9a41c" not in said
    assert "config.yaml" in said


async def test_what_is_not_set_shows_the_charts_default_marked_as_such():
    found = await shown(world(TEXT), "cull.every")
    assert "every: 600" in words(found)
    assert "default" in found.text


async def test_a_misspelt_name_gets_the_one_beside_it():
    with pytest.raises(UserError, match=r"Did you mean “singleuser\.memory\.limit"):
        await shown(world(TEXT), "singleuser.memory.limt")


async def test_long_values_come_in_pages_from_the_beginning():
    many = world(TEXT + "custom:\n" + "".join(f"  name{n}: {n}\n" for n in range(100)))
    first, *_, last = pages = all_pages(await shown(many))
    assert "hub:" in words(first.sections[0])
    assert "name99" in words(last)
    said = "".join(map(words, pages))
    assert all(said.count(f"name{n}: {n}\n") + said.count(f"name{n}: {n}'") >= 1 for n in range(100))


async def test_nothing_is_shown_where_nobody_knows_what_is_secret():
    with pytest.raises(Unavailable):
        await shown(world(TEXT, releases=Unavailable("Kubernetes", "is away")))


# diff


def two_revisions():
    old = replace(
        release(2, "1d0c5ab", "superseded"),
        values={
            "singleuser": {"image": {"tag": "1d0c5ab"}},
            "hub": {"config": {"A": {"client_secret": "old-secret-value"}}},
        },
    )
    return [release(), old]


async def test_a_diff_tells_values_and_only_that_secrets_differ():
    found = await config_diff.run(config_diff.Args(RevisionNumber.parse("2")), world(releases=two_revisions()).reads)
    said = words(found)
    assert "1d0c5ab" in said
    assert "3f9a41c" in said
    assert "hub.config.A.client_secret" in said
    assert SECRET not in said
    assert "old-secret-value" not in said


@pytest.mark.parametrize(("number", "why"), [("1", "no revision 1; it keeps 2 to 3"), ("3", "is the live one")])
async def test_a_revision_that_is_gone_or_live_is_refused_with_those_there_are(number, why):
    with pytest.raises(UserError, match=why):
        await config_diff.run(config_diff.Args(RevisionNumber.parse(number)), world(releases=two_revisions()).reads)


async def test_what_is_written_and_not_live_is_told():
    drifted = world(TEXT.replace("8G", "6G"))
    found = await config_diff.run(config_diff.Args(), drifted.reads)
    assert "Stored in config.yaml, not live" in words(found)
    assert "singleuser.memory.limit" in words(found)
    assert "client_secret" not in words(found)
    assert [button.data[0][1] for button in found.buttons] == ["/jhub deploy"]


async def test_no_drift_is_good_news():
    values = release().values
    made = world("")
    made.home.values = {**values, "hub": {"config": {"AzureAdOAuthenticator": {}}}}
    found = await config_diff.run(config_diff.Args(), made.reads)
    assert found.tone is Tone.GOOD


async def test_in_the_release_there_is_nothing_else_to_compare_with():
    with pytest.raises(UserError, match="Name a revision"):
        await config_diff.run(config_diff.Args(), world().reads)


# validate


async def validated(made):
    return await config_validate.run(config_validate.Args(), made.reads)


async def test_good_values_are_said_to_be_good():
    assert (await validated(world(TEXT))).tone is Tone.GOOD


async def test_each_mistake_has_its_line():
    found = await validated(
        world(TEXT.replace("limit: 8G", "limit: [8]\n    limt: 8G") + "cull:\n  every: 0\nculll: {}\n")
    )
    rows = {tuple(cell.text for cell in row)[:2] for row in found.sections[0].rows}
    assert rows == {
        ("7", "singleuser.memory.limit"),
        ("8", "singleuser.memory.limt"),
        ("11", "cull.every"),
        ("12", "culll"),
    }
    assert "did you mean limit" in words(found)
    assert "string or number" in words(found)


async def test_a_secret_in_the_file_is_pointed_out_by_its_path_alone():
    found = await validated(
        world(TEXT.replace("AzureAdOAuthenticator: {}", "AzureAdOAuthenticator: {client_secret: hunter2hunter2}"))
    )
    assert found.tone is Tone.WARNING
    assert "hub.config.AzureAdOAuthenticator.client_secret, line 3" in words(found)
    assert "hunter2" not in words(found)


async def test_names_of_secrets_are_none():
    found = await validated(world(TEXT + "hub2: {imagePullSecrets: [registry-pull], existingSecret: x}\n"))
    assert "Secrets in the" not in words(found)


async def test_a_file_that_cannot_be_read_is_told_with_its_line():
    made = world("")

    async def broken():
        raise Rejected("The values' file", "alias", "The values' file cannot be used. Line 2: …")

    made.home.written = broken
    found = await validated(made)
    assert found.tone is Tone.BAD
    assert "Line 2" in found.text


async def test_without_a_chart_it_says_that_nobody_looked():
    made = world(TEXT)
    made.charts = Unavailable("The chart's repository", "is away")
    found = await validated(made)
    assert found.tone is Tone.WARNING
    assert "is away" in words(found)


# What is refused to be set


async def planned(made, path, value):
    return await config_set.plan(config_set.Args(SettablePath.parse(path), NewValue.parse(value)), made.reads)


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


# What setting does


async def test_a_text_is_a_text_where_the_chart_wants_one():
    plan = await planned(world(), "singleuser.serviceAccountName", "0755")
    assert plan.change.after == "0755"
    assert (await planned(world(), "cull.every", "0755")).change.after == 493


async def test_the_plan_shows_the_value_and_what_goes_live_with_it():
    plan = await planned(world(TEXT + "cull: {every: 300}\n"), "singleuser.memory.limit", "6G")
    view = config_set.preview(plan)
    assert {one.path: (one.before, one.after) for one in view.differences}["singleuser.memory.limit"] == ("8G", "6G")
    assert "2 more values become live" in " ".join(view.warnings)
    assert "config.yaml first" in " ".join(view.consequences)
    assert SECRET not in words(plan)


async def test_of_what_stood_there_the_plan_has_the_digest_alone():
    text = TEXT.replace("config:\n", "extraConfig:\n    notify: send('quite-a-secret')\n  config:\n", 1)
    made = world(text)
    plan = await planned(made, "hub.extraConfig.notify", "post(1)")
    stored = json.dumps(dump(SetPlan, plan)) + str(described(plan))
    assert "quite-a-secret" not in stored + words(config_set.preview(plan))
    assert {one.path: one.after for one in config_set.preview(plan).differences}["hub.extraConfig.notify"] == "post(1)"
    do = Doing(made, Helm(lambda: UpgradeResult(True)))
    await config_set.apply(load(SetPlan, dump(SetPlan, plan)), do)
    assert made.home.values["hub"]["extraConfig"] == {"notify": "post(1)"}


async def test_in_the_release_helm_gets_the_value():
    made = world()
    do = Doing(made, Helm(lambda: UpgradeResult(True)))
    view = await config_set.apply(await planned(made, "singleuser.memory.limit", "6G"), do)
    assert isinstance(view, Notice)
    assert do.titles == ["Upgrade to revision 4"]
    assert do.helm.asked[0]["values"]["singleuser"]["memory"] == {"limit": "6G"}
    assert do.helm.asked[0]["values"]["hub"] == release().values["hub"]


async def test_in_a_file_it_is_written_first_and_then_deployed_with_the_secrets():
    made = world(TEXT)
    do = Doing(made, Helm(lambda: UpgradeResult(True)))
    view = await config_set.apply(await planned(made, "singleuser.memory.limit", "6G"), do)
    assert view.title == "singleuser.memory.limit is 6G"
    assert do.titles == ["Store it in config.yaml", "Upgrade to revision 4"]
    assert made.home.values["singleuser"]["memory"] == {"limit": "6G"}
    assert SECRET not in str(made.home.values)
    given = do.helm.asked[0]["values"]
    assert given["hub"]["config"]["AzureAdOAuthenticator"] == {"client_secret": SECRET}
    assert given["singleuser"]["memory"] == {"limit": "6G"}


async def test_where_helm_fails_the_card_says_that_it_is_written_and_not_live():
    made = world(TEXT)
    do = Doing(made, Helm(lambda: UpgradeResult(False, FailureReason.TIMEOUT, "It was not ready in time.")))
    view = await config_set.apply(await planned(made, "singleuser.memory.limit", "6G"), do)
    assert isinstance(view, Failure)
    assert view.title == "singleuser.memory.limit is not live"
    assert any(fact.label == "Stored in" for fact in view.now)
    assert "next deployment uses it" in " ".join(view.advice)


async def test_what_cannot_be_written_is_not_deployed():
    made = world(TEXT)
    plan = await planned(made, "singleuser.memory.limit", "6G")
    made.home.problem = Unavailable("The values' repository", "does not let the bot in")
    do = Doing(made, Helm(lambda: UpgradeResult(True)))
    view = await config_set.apply(plan, do)
    assert isinstance(view, Failure)
    assert "Nothing was deployed" in view.cause
    assert do.helm.asked == []


async def test_the_same_value_changed_by_others_voids_the_consent():
    made = world(TEXT)
    plan = await planned(made, "singleuser.memory.limit", "6G")
    made.home.problem = Conflict("Somebody else has changed it.")
    with pytest.raises(Conflict):
        await config_set.apply(plan, Doing(made, Helm(lambda: UpgradeResult(True))))


@pytest.mark.parametrize("text", [None, TEXT])
async def test_values_changed_between_plan_and_run_void_the_consent(text):
    made = world(text)
    plan = await planned(made, "singleuser.memory.limit", "6G")
    if text is None:
        made.releases = [replace(release(), values={**release().values, "cull": {"every": 5}})]
    else:
        made.home.values = {**made.home.values, "cull": {"every": 5}}
    do = Doing(made, Helm(lambda: UpgradeResult(True)))
    with pytest.raises(Conflict):
        await config_set.apply(plan, do)
    assert do.helm.asked == []


async def test_what_is_written_and_not_live_can_be_set_so_that_it_becomes_live():
    made = world(TEXT.replace("8G", "6G"))
    plan = await planned(made, "singleuser.memory.limit", "6G")
    assert plan.is_written
    assert "already" in config_set.preview(plan).consequences[0]


@pytest.mark.parametrize("moment", [0, 1])
async def test_a_crash_around_writing_it_down_writes_it_once_and_deploys_it(moment):
    made = world(TEXT)
    plan = await planned(made, "singleuser.memory.limit", "6G")
    journal, helm = Journal(), Helm(lambda: UpgradeResult(True))
    with pytest.raises(Died):
        await config_set.apply(plan, Mortal(made, helm, journal=journal, fuse=Fuse(moment)))
    assert helm.asked == []
    view = await config_set.apply(plan, Mortal(made, helm, journal=journal))
    assert isinstance(view, Notice)
    assert len(made.home.saved) == 1
    assert helm.asked[0]["values"]["singleuser"]["memory"] == {"limit": "6G"}


async def test_what_others_start_from_is_what_is_written():
    _, base, version = await upgrade_base(world(TEXT.replace("8G", "6G")).reads)
    assert base.value("singleuser", "memory", "limit") == "6G"
    assert version == "v1"
