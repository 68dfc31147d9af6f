"""Each check by itself: pure over readings that are made up."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cards.views import Tone
from clients.azure.aks import Cluster
from clients.errors import Forbidden, Unavailable
from clients.helm import Chart
from clients.kube import PERMISSIONS, ResourceQuota
from clients.public.certificate import Problem
from commands.diagnostics import doctor
from commands.diagnostics.checks import checks
from commands.diagnostics.checks.readings import Readings, read_all
from commands.login.refused_logins import RefusalCount, RefusedLogin
from commands.nodes.pools import TAINT
from commands.ports.alerts import AlertSummary
from tests.commands.nodes.estate import LABEL, a_pool
from tests.world import NOW, cannot_pull, certificate, home, release, server
from tests.world.login import LoginWorld, values, without

GOOD = values()
GOOD["proxy"] = {"https": {"hosts": ["hub.example.org"], "letsencrypt": {"contactEmail": "a@example.org"}}}
GOOD["singleuser"]["lifecycleHooks"] = {"postStart": {"exec": {"command": ["bash", "/etc/jupyter/setup.sh"]}}}
GOOD["hub"]["config"]["KubeSpawner"] = {"slug_scheme": "safe"}
OUT = Unavailable("Kubernetes", "cannot be reached")


def live(*path, value, **more):
    """The live revision with one value changed."""
    made = {"proxy": GOOD["proxy"]} | values() | {"proxy": GOOD["proxy"], "singleuser": dict(GOOD["singleuser"])}
    made["hub"]["config"]["KubeSpawner"] = {"slug_scheme": "safe"}
    inner = made
    for name in path[:-1]:
        inner[name] = dict(inner.get(name, {}))
        inner = inner[name]
    if path:
        inner[path[-1]] = value
    return release(3, values=made, **more)


@pytest.fixture
async def good():
    pools = [a_pool("users", 2, minimum=1, maximum=5, labels=LABEL, taints=(TAINT,))]
    cluster = Cluster("jhub-aks", "Succeeded", "Running", "1.32.7", "westeurope", "Free", {}, "e")
    world = LoginWorld(releases=[release(3, values=GOOD)])
    world.entra.known[0] = (replace(world.entra.known[0][0], end=NOW + timedelta(days=100)), world.entra.known[0][1])
    found = await read_all(replace(world.reads, kube=Kube(world.reads.kube)))
    return replace(found, pools=pools, cluster=cluster, channels=["MsTeamsChannel"])


class Kube:
    """What the tests' Kubernetes does not have."""

    def __init__(self, kube):
        self._kube = kube

    def __getattr__(self, name):
        return getattr(self._kube, name)

    async def system_pods(self):
        return []

    async def denied(self):
        return []

    async def secret(self, name):
        raise AssertionError(name)


def line(title, found):
    (check,) = [one for one in checks() if one.title == title]
    return check.run(found)


def test_all_is_well_where_all_is_well(good):
    assert {check.title: check.run(good).text for check in checks() if check.run(good).tone is not Tone.GOOD} == {}
    assert doctor.present([(check, check.run(good)) for check in checks()], LoginWorld().reads).tone is Tone.GOOD


def test_they_have_an_order_and_a_title_each():
    assert len({check.order for check in checks()}) == len({check.title for check in checks()}) == len(checks()) == 25


@pytest.mark.parametrize(
    ("title", "changed", "words", "remedy"),
    [
        (
            "HTTPS: host, contact, certificate",
            {"live": live("proxy", "https", "hosts", value=[])},
            "does not name",
            "Add",
        ),
        (
            "HTTPS: host, contact, certificate",
            {"live": live("proxy", "https", "letsencrypt", value={})},
            "no contact address",
            "contactEmail",
        ),
        ("HTTPS: host, contact, certificate", {"certificate": certificate(days=6)}, "should have been", "/jhub cert"),
        (
            "HTTPS: host, contact, certificate",
            {"certificate": certificate(Problem.TRAEFIK_DEFAULT)},
            "Traefik's default",
            "/jhub cert",
        ),
        (
            "Login type",
            {"live": live("hub", "config", "JupyterHub", "authenticator_class", value="dummy")},
            "through “dummy”",
            "azuread",
        ),
        (
            "User names",
            {"live": live("hub", "config", "AzureAdOAuthenticator", "username_claim", value="name")},
            "share a home",
            "upn",
        ),
        ("The bot’s channels", {"channels": ["MsTeamsChannel", "WebChatChannel"]}, "Web Chat is on", "Delete"),
        ("The bot’s channels", {"channels": ["DirectLineChannel"]}, "Teams is off", "Add it"),
        ("Users' pool", {"pools": []}, "no pool", "/jhub pool create users"),
        (
            "Users' pool",
            {"pools": [a_pool("users", 0, labels=LABEL, taints=(TAINT,), tags={"jhub-bot-kept": "1-5"})]},
            "users is fixed at 0 nodes",
            "/jhub scale up",
        ),
        (
            "Autoscaler",
            {"pools": [a_pool("users", 0, labels=LABEL, tags={"jhub-bot-kept": "1-5"})]},
            "fixed",
            "scale up",
        ),
        (
            "Dashboard",
            {"system_pods": [replace(server("x"), name="kubernetes-dashboard-1")]},
            "pod of it is running",
            "disable",
        ),
        ("Image", {"has_registry": True, "tag": None}, "does not have", "/jhub images"),
        ("Pull secret", {"pull_secrets": {"image-pull-secret": False}}, "is missing", "Create it"),
        ("Pull secret", {"pods": [server("ann@example.org", **cannot_pull("x"))]}, "does not have", "/jhub images"),
        ("Chart", {"newest": release(4, status="failed")}, "revision 4 is not live", "/jhub history"),
        (
            "Chart",
            {"live": live(value=0, chart=Chart("jupyterhub", "1.1.3", "1.4"))},
            "migrated irreversibly",
            "/jhub upgrade check",
        ),
        ("Chart", {"chart": "5.0.0"}, "another major version", "/jhub upgrade check"),
        (
            "Start-up script",
            {"live": live("singleuser", "lifecycleHooks", value={})},
            "without a start-up script",
            "lifecycleHooks",
        ),
        (
            "Names of homes",
            {
                "live": live("hub", "config", "KubeSpawner", value={}),
                "claims": [home("ann@example.org", "claim-ann-40example-2eorg")],
            },
            "no scheme is set; 1 homes have old names",
            "escape",
        ),
        ("Hub", {"version": Unavailable("The hub", "answers with 503")}, "503", "/jhub pods hub"),
        ("Hub", {"active_users": Unavailable("The hub", "answers with 500")}, "500", "/jhub pods hub"),
        ("Hub", {"active_users": Forbidden("The hub", "refused (403)", "Let it in")}, "refused (403)", "Let it in"),
        ("The bot in Kubernetes", {"denied": list(PERMISSIONS[:7])}, "and 2 more", "Role"),
        ("The bot in Microsoft Graph", {"memberships": Unavailable("Graph", "refused (403)")}, "403", "permissions.md"),
    ],
)
def test_what_is_wrong_is_said_with_what_mends_it(good, title, changed, words, remedy):
    found = line(title, replace(good, **{"newest": changed.get("live", good.newest)} | changed))
    assert found.tone is not Tone.GOOD
    assert words in found.text
    assert remedy in found.remedy


def test_whoever_is_silent_cannot_be_checked(good):
    silent = replace(good, **dict.fromkeys(("live", "pods", "claims", "denied", "nodes", "system_pods"), OUT))
    lines = {check.title: check.run(silent) for check in checks()}
    told = [title for title, one in lines.items() if one.tone is Tone.WARNING and "cannot be checked" in one.text]
    assert "The bot in Kubernetes" in told
    assert "Names of homes" in told
    assert isinstance(good, Readings)


def test_what_the_bot_has_no_right_to_is_not_looked_up_in_the_status(good):
    found = line(
        "Users' pool", replace(good, pools=Forbidden("Azure", "refused (AuthorizationFailed)", "Give it a role"))
    )
    assert (found.text, found.remedy) == ("cannot be checked: Azure refused (AuthorizationFailed)", "Give it a role")


def test_without_a_live_release_that_is_said(good):
    found = line("Chart", replace(good, live=None))
    assert (found.tone, found.text) == (Tone.WARNING, "cannot be checked: The release has no revision that is live")


def test_a_new_hub_has_no_homes_that_could_be_named_otherwise(good):
    found = line("Names of homes", replace(good, live=live("hub", "config", "KubeSpawner", value={}), claims=[]))
    assert (found.tone, found.text.startswith("no scheme is set")) == (Tone.GOOD, True)


def a_quota(**amounts):
    spec = {"hard": {name: hard for name, (_, hard) in amounts.items()}}
    used = {name: used for name, (used, _) in amounts.items()}
    return ResourceQuota.from_json({"metadata": {"name": "compute"}, "spec": spec, "status": {"used": used}})


def test_quotas_that_refuse_a_server_or_soon_will(good):
    full = line("Quotas", replace(good, quotas=[a_quota(pods=("20", "20"))]))
    assert (full.tone, "A new server would be refused" in full.text) == (Tone.BAD, True)
    soon = line("Quotas", replace(good, quotas=[a_quota(pods=("38", "40"))]))
    assert (soon.tone, "room for 2 more servers" in soon.text) == (Tone.WARNING, True)
    others = line("Quotas", replace(good, quotas=[a_quota(secrets=("9", "9"), services=("0", "0"))]))
    assert (others.tone, others.text) == (Tone.WARNING, "used up, though no server needs it: secrets of compute")
    assert "cannot be checked" in line("Quotas", replace(good, limit_ranges=OUT)).text


def test_counters_that_may_not_be_read_are_said_once_with_the_way(good):
    found = line("Counters of starts", replace(good, spawns=None))
    assert (found.tone, "read:metrics" in found.remedy) == (Tone.WARNING, True)


async def judged(title, **hub):
    """The line of a check for a hub whose values allow nobody, with more of them."""
    made = without("allow_all", "username_claim")
    made["hub"] |= hub
    reads = LoginWorld(releases=[release(3, values=made)]).reads
    return line(title, await read_all(replace(reads, kube=Kube(reads.kube))))


async def test_who_gets_in_and_under_which_name_is_read_from_code_as_well():
    code = 'c.AzureAdOAuthenticator.username_claim = "upn"'
    named = await judged("User names", extraConfig={"00-azuread": code})
    assert (named.tone, named.text) == (Tone.GOOD, "the claim “upn”")
    shut = await judged("Who gets in", extraConfig={"00-azuread": code})
    assert (shut.tone, shut.text[:17]) == (Tone.BAD, "Nobody can log in")
    opened = await judged(
        "Who gets in", extraConfig={"00-azuread": code, "10": "c.Authenticator.allowed_users = {'a'}"}
    )
    assert (opened.tone, opened.text) == (Tone.GOOD, "those whom the values name")


@pytest.mark.parametrize("title", ["Who gets in", "User names"])
async def test_code_that_cannot_be_read_is_no_good_and_no_bad_news(title):
    found = await judged(title, extraConfig={"00-ours": "import ours\nours.configure(c)"})
    assert found.tone is Tone.WARNING
    assert "not known: code that the bot cannot read (hub.extraConfig.00-ours, line 2)" in found.text


def refusing(good, *, code=7000222, by_entra=True, accepted=True, log=""):
    one = RefusedLogin(NOW, code, by_entra=by_entra)
    return replace(good, login=replace(good.login, accepted=accepted, refused=(RefusalCount(one, 4),), log=log))


def test_a_good_secret_in_the_values_does_not_hide_that_entra_refuses_the_hub(good):
    told = line("Logins lately", refusing(good))
    assert told.tone is Tone.BAD
    assert "Entra refused the hub 4 times" in told.text
    assert "Entra accepts the one in the values now, but nobody has logged in since" in told.text
    assert "rollout restart deployment/hub" in told.remedy
    assert line("Client secret", refusing(good)).tone is Tone.GOOD


def test_refusals_that_are_no_secrets_have_their_own_way_out(good):
    told = line("Logins lately", refusing(good, code=50105, by_entra=False))
    assert told.tone is Tone.WARNING
    assert "in the values now" not in told.text
    assert told.remedy
    bad = line("Logins lately", refusing(good, accepted=False))
    assert "in the values now" not in bad.text


def test_a_log_that_cannot_be_read_is_no_proof(good):
    told = line("Logins lately", replace(good, login=replace(good.login, log="Kubernetes cannot be reached")))
    assert (told.tone, told.text) == (Tone.WARNING, "cannot be checked: Kubernetes cannot be reached")


def an_alert(title, severity="warning"):
    return AlertSummary("a1", "nodes", severity, title, "", NOW, None, None, "", flapping=False)


@pytest.mark.parametrize(
    ("alerts", "tone", "text"),
    [
        ([], Tone.GOOD, "none"),
        (None, Tone.GOOD, "kept by the bot that runs: /jhub alerts there"),
        ([an_alert("A node is not ready.")], Tone.WARNING, "A node is not ready"),
        ([an_alert("The hub is down", "critical"), an_alert("B")], Tone.BAD, "The hub is down; B"),
        ([an_alert(str(number)) for number in range(5)], Tone.WARNING, "0; 1; 2; and 2 more"),
        (OUT, Tone.WARNING, "cannot be checked: Kubernetes cannot be reached"),
    ],
)
def test_open_alerts_are_a_line_of_the_checklist(good, alerts, tone, text):
    told = line("Open alerts", replace(good, alerts=alerts))
    assert (told.tone, told.text) == (tone, text)
