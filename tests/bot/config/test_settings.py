"""Settings: every mistake named by its place, never by its value; the environment over the file."""

import contextlib
import os
from datetime import date, timedelta
from decimal import Decimal

import pytest

from bot.config.hub import PublicSettings
from bot.config.loading import load, settings_from, with_value
from bot.config.types import ConfigError
from bot.secrets.reader import Secrets
from bot.wiring.azure import builds_of, registry_of, workshop_of
from bot.wiring.public import issuing_of, resolver_of

SECRET = "hunter2-3f81c0"
ID = "7d3c4b5a-0000-4000-8000-000000000001"


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch):
    for name in list(os.environ):
        if name.startswith("JHUB_BOT_"):
            monkeypatch.delenv(name)


def file(tmp_path, text):
    path = tmp_path / "bot.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_without_anything_it_listens_on_this_machine_only_and_lets_nobody_in():
    settings = load(None)
    assert settings.teams.host == "127.0.0.1"
    assert settings.teams.app_id == ""
    assert settings.access.model_dump() == {"viewer": (), "operator": (), "approver": (), "admin": (), "team": None}


def test_a_file_is_read(tmp_path):
    text = f"teams: {{port: 4000}}\nrelease: {{timeout: 5m}}\naccess: {{admin: [{{id: {ID}, name: Ada}}]}}\n"
    settings = load(file(tmp_path, text))
    assert settings.teams.port == 4000
    assert settings.release.timeout == timedelta(minutes=5)
    assert settings.access.admin[0].name == "Ada"
    assert load(file(tmp_path, "")).teams.port == 3978


def test_the_environment_wins_and_leaves_the_rest(monkeypatch):
    monkeypatch.setenv("JHUB_BOT_TEAMS__PORT", "4001")
    monkeypatch.setenv("JHUB_BOT_APPROVALS__EXPIRY", "90s")
    settings = settings_from({"teams": {"port": 4000, "host": "0.0.0.0"}})  # noqa: S104 - nothing listens here
    assert (settings.teams.port, settings.teams.host) == (4001, "0.0.0.0")  # noqa: S104 - see above
    assert settings.approvals.expiry == timedelta(seconds=90)


MISTAKES = {
    "teams.port": {"teams": {"port": SECRET}},
    "teams.app_type": {"teams": {"app_type": SECRET}},
    "teams.tenants": {"teams": {"tenants": SECRET}},
    "teams.app_secret": {"teams": {"app_secret": SECRET}},
    "kubernetes.namespace": {"kubernetes": {"namespace": [SECRET]}},
    "kubernetes.token": {"kubernetes": {"token": SECRET}},
    "release.timeout": {"release": {"timeout": SECRET}},
    "release.values": {"release": {"values": {"password": SECRET}}},
    "hub.token": {"hub": {"token": SECRET}},
    "registry.login_server": {"registry": {"login_server": f"https://{SECRET}"}},
    "registry.password": {"registry": {"password": SECRET}},
    "image.folder": {"image": {"folder": f"a:{SECRET}"}},
    "image.platform": {"image": {"platform": SECRET}},
    "image.token": {"image": {"token": SECRET}},
    "image": {"image": {"notebooks_repository": f"https://example.org/{SECRET}"}},
    "hub.url": {"hub": {"url": {"password": SECRET}}},
    "public.port": {"public": {"port": SECRET}},
    "access.admin.0.id": {"access": {"admin": [{"id": SECRET}]}},
    "access.viewer": {"access": {"viewer": SECRET}},
    "access.owner": {"access": {"owner": [SECRET]}},
    "approvals.expiry": {"approvals": {"expiry": SECRET}},
    "state_dir": {"state_dir": [SECRET]},
    "teams": {"teams": SECRET},
    "password": {"password": SECRET},
}


@pytest.mark.parametrize("place", MISTAKES)
def test_a_mistake_is_named_by_its_place_and_never_by_its_value(place):
    with pytest.raises(ConfigError) as wrong:
        settings_from(MISTAKES[place])
    (line,) = str(wrong.value).splitlines()
    assert line.startswith(f"{place}: ")
    assert SECRET not in line
    assert wrong.value.__suppress_context__, "the log would show what pydantic says, value and all"


def test_all_mistakes_are_named_at_once():
    with pytest.raises(ConfigError) as wrong:
        settings_from({"teams": {"port": -1}, "release": {"timeout": "soon"}, "hubb": {}})
    assert {line.partition(":")[0] for line in str(wrong.value).splitlines()} == {
        "teams.port",
        "release.timeout",
        "hubb",
    }


@pytest.mark.parametrize(
    ("teams", "said"),
    [
        ({"app_id": ID}, "tenants must list the tenants"),
        ({"app_id": ID, "tenants": [ID]}, "app_type SingleTenant needs app_secret_file"),
    ],
)
def test_half_an_identity_is_refused(teams, said):
    with pytest.raises(ConfigError, match=said):
        settings_from({"teams": teams})


def test_a_whole_identity_is_taken():
    whole = {"app_id": ID, "tenants": [ID], "app_secret_file": "/run/secrets/app"}
    assert settings_from({"teams": whole}).teams.app_id == ID
    assert settings_from({"teams": {"app_id": ID, "tenants": [ID], "app_type": "WorkloadIdentity"}})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"teams: [{SECRET}\n  oops: }}", "line 2, is not YAML"),
        (f"- {SECRET}", "must be a mapping of sections"),
        (f"hub: !!python/object/apply:os.system ['{SECRET}']", r"line 1, has a tag"),
        (SECRET.encode() + b"\xff\xfe", "is not UTF-8 text"),
        (f"1: {SECRET}", "1"),
    ],
)
def test_a_file_that_is_no_configuration_is_said_in_a_sentence(tmp_path, text, said):
    with pytest.raises(ConfigError, match=said) as wrong:
        load(file(tmp_path, text))
    assert SECRET not in str(wrong.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"absent\.yaml cannot be read: No such file"):
        load(tmp_path / "absent.yaml")


def test_a_variable_that_is_no_section_is_a_mistake_too(monkeypatch):
    monkeypatch.setenv("JHUB_BOT_TEAMS", SECRET)
    with pytest.raises(ConfigError, match="teams") as wrong:
        settings_from({})
    assert SECRET not in str(wrong.value)


def test_a_misspelled_variable_is_not_ignored(monkeypatch):
    monkeypatch.setenv("JHUB_BOT_TAEMS__PORT", "1")
    with pytest.raises(ConfigError, match="JHUB_BOT_TAEMS__PORT: no such section"):
        settings_from({})


@pytest.mark.parametrize("expiry", ["0s", -5, "soon"])
def test_a_duration_is_longer_than_nothing(expiry):
    with pytest.raises(ConfigError, match=r"approvals\.expiry"):
        settings_from({"approvals": {"expiry": expiry}})


def test_with_value_sets_one_and_leaves_the_given_alone():
    given = {"teams": {"host": "localhost"}}
    assert with_value(given, "teams.port=0") == {"teams": {"host": "localhost", "port": 0}}
    assert with_value(given, "approvals.expiry=2s")["approvals"] == {"expiry": "2s"}
    assert with_value(given, "release.repository=")["release"] == {"repository": None}
    assert given == {"teams": {"host": "localhost"}}


@pytest.mark.parametrize(
    "assignment",
    [
        "teams.port",
        "=5",
        "teams..port=5",
        ".=",
        "teams.tenants=[",
    ],
)
def test_with_value_refuses_other_forms(assignment):
    with pytest.raises(ConfigError):
        with_value({}, assignment)


def test_schedules_have_a_time_zone_and_holidays_alone_or_in_a_row():
    its = settings_from(
        {"schedules": {"timezone": "Europe/Berlin", "holidays": [date(2026, 12, 25), "2026-12-31..2027-01-01"]}}
    ).schedules
    assert its.timezone == "Europe/Berlin"
    assert date(2026, 12, 25) in its.holidays[0]
    assert date(2027, 1, 1) in its.holidays[1]
    assert date(2027, 1, 2) not in its.holidays[1]


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ({"schedules": {"timezone": "Mars/Olympus"}}, r"schedules\.timezone: .*Mars/Olympus.*Europe/Berlin"),
        ({"schedules": {"timezone": "../etc/passwd"}}, r"schedules\.timezone"),
        ({"schedules": {"timezone": ""}}, r"schedules\.timezone"),
        ({"schedules": {"holidays": ["2026-02-30"]}}, r"schedules\.holidays\.0: .*2026-12-25"),
        ({"schedules": {"holidays": ["christmas"]}}, r"schedules\.holidays\.0"),
        ({"schedules": {"holidays": ["2027-01-01..2026-12-31"]}}, r"ends before it begins"),
        ({"schedules": {"notice": "0m"}}, r"schedules\.notice"),
        ({"cost": {"prices": {"Standard_E8s_v5": -1}}}, r"cost\.prices\.Standard_E8s_v5: .*greater than or equal to 0"),
        ({"cost": {"prices": {"Standard_E8s_v5": "much"}}}, r"cost\.prices\.Standard_E8s_v5"),
        ({"cost": {"prices": {"Standard_E8s_v5": float("nan")}}}, r"cost\.prices\.Standard_E8s_v5"),
        ({"cost": {"currency": "euros"}}, r"cost\.currency"),
    ],
)
def test_a_mistake_about_schedules_or_prices_is_named(content, what):
    with pytest.raises(ConfigError, match=what):
        settings_from(content)


def test_prices_are_exact():
    its = settings_from({"cost": {"prices": {"Standard_E8s_v5": 0.504}}}).cost
    assert its.prices == {"Standard_E8s_v5": Decimal("0.504")}


def both(settings, stack):
    secrets = Secrets(settings, stack)
    builds = builds_of(settings, secrets, stack)
    return registry_of(settings, secrets, stack), workshop_of(settings.image, secrets, builds)


REGISTRY = {"login_server": "jhub.azurecr.io", "subscription_id": ID, "resource_group": "jhub"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"image": {"repository": "https://example.org/x.git"}}, r"registry\.login_server"),
        ({"image": {"repository": "https://example.org/x.git"}, "registry": {"login_server": "a.b"}}, "resource_group"),
        ({"image": {"repository": f"https://u:{SECRET}@example.org/x"}, "registry": REGISTRY}, "without a password"),
        ({"image": {"repository": "git@example.org:x.git"}, "registry": REGISTRY}, "plain http or https"),
        (
            {
                "image": {
                    "repository": "https://example.org/x.git",
                    "notebooks_repository": f"https://u:{SECRET}@example.org/x",
                },
                "registry": REGISTRY,
            },
            r"notebooks_repository: .*without a password",
        ),
        ({"registry": {"login_server": "a.b", "url": f"https://u:{SECRET}@a.b"}}, "plain http or https"),
    ],
)
async def test_a_registry_or_an_image_that_cannot_work_is_said_at_the_start(content, said):
    async with contextlib.AsyncExitStack() as stack:
        settings = settings_from(content)
        with pytest.raises(ConfigError, match=said) as caught:
            both(settings, stack)
    assert SECRET not in str(caught.value)


async def test_a_registry_has_its_name_and_its_place_from_what_is_there():
    settings = settings_from({"registry": {"login_server": "jhub.azurecr.io"}})
    assert (settings.registry.resource, settings.registry.address) == ("jhub", "https://jhub.azurecr.io")
    async with contextlib.AsyncExitStack() as stack:
        assert both(settings_from({}), stack) == (None, None)
        settings = settings_from({"image": {"repository": "https://example.org/x.git"}, "registry": REGISTRY})
        _, workshop = both(settings, stack)
        assert workshop is not None
        assert workshop.recipe.branch == "main"
        assert "/registries/jhub/" in workshop.builds.page()


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"nameserver": "dns.example.org"}, "public.nameserver"),
        ({"nameserver": "10.0.0.10"}, "public.nameserver"),
        ({"acme_directory": "acme.example.org"}, "public.acme_directory"),
    ],
)
def test_what_the_certificate_depends_on_must_be_an_address(given, named):
    public = PublicSettings(host="hub.example.org", **given)
    with pytest.raises(ConfigError, match=named):
        (resolver_of(public), issuing_of(public))


def test_without_a_public_host_nothing_is_asked_about_it():
    assert resolver_of(PublicSettings()) is None
    assert issuing_of(PublicSettings()) is None


def test_what_a_person_may_use_and_a_budget_are_read(tmp_path):
    text = (
        "cost: {currency: DKK, prices: {E8: 0.5}, disks: {managed-csi: {8: 0.6, 4: 0.3}, files: 0.05}, budget: 500, "
        "hours_per_person: 60, amount_per_person: 2.5, timezone: Europe/Copenhagen, keep: 90d}"
    )
    rules = load(file(tmp_path, text)).cost.rules
    assert rules.disks["managed-csi"].tiers == ((4, Decimal("0.3")), (8, Decimal("0.6")))
    assert rules.disks["files"].month(10) == Decimal("0.5")
    assert (rules.budget, rules.quota_hours, rules.quota_amount) == (500, 60, Decimal("2.5"))
    assert (rules.zone.key, rules.kept_days) == ("Europe/Copenhagen", 90)


@pytest.mark.parametrize(
    ("cost", "said"),
    [
        ("budget: 500", "budget needs prices"),
        ("amount_per_person: 5", "amount_per_person needs prices"),
        ("prices: {E8: 1}, budget: 0", "greater than 0"),
        ("prices: {E8: 1}, budget: -5", "greater than 0"),
        ("prices: {E8: 1}, budget: .inf", ""),
        ("prices: {E8: 1}, budget: .nan", ""),
        ("hours_per_person: much", "valid decimal"),
        ("keep: 30d", "31"),
        ("keep: 20000d", "3660"),
        ("timezone: Mars/Olympus", "is not a time zone"),
        ("disks: {managed-csi: {0: 1}}", ""),
        ("disks: {managed-csi: {8: -1}}", ""),
        ("disks: {managed-csi: [1]}", ""),
    ],
)
def test_what_costs_cannot_be_is_refused_by_its_name(tmp_path, cost, said):
    with pytest.raises(ConfigError, match=r"cost\b") as caught:
        load(file(tmp_path, f"cost: {{{cost}}}"))
    assert said in str(caught.value)
