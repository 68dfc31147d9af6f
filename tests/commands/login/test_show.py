"""How people log in, on one card: what is held against what, and which way out is named."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cards.text import render
from cards.views import Notice, Table, Tone
from clients.errors import Unavailable
from clients.helm import Chart
from commands.framework.errors import UserError
from commands.login import show as auth
from tests.world import NOW, release, words
from tests.world.login import CALLBACK, CLIENT, OLD, Entra, LoginWorld, kept, values, without

OUT = Unavailable("Microsoft Graph", "cannot be reached")


async def asked(world):
    return await auth.run(auth.Args(), world.reads)


def secrets(*known):
    return LoginWorld(entra=Entra(known=list(known)))


def of(**more):
    return LoginWorld(releases=[release(3, values=values(**more))])


async def test_a_login_in_order_is_said_to_be():
    view = await asked(secrets(kept("key-old", OLD, 120), kept("key-trial", "triQ~expired", -35, "trial")))
    assert (view.tone, view.text) == (Tone.GOOD, "People can log in.")
    shown = render(view)
    for part in (
        CLIENT,
        CALLBACK,
        "the claim “upn”",
        "only people assigned to it",
        "sends people to this app registration",
    ):
        assert part in shown
    assert "What to do" not in shown
    assert view.buttons[0].data == (("line", "/jhub auth rotate"),)


async def test_no_secret_and_no_hint_is_on_the_card():
    assert OLD not in words(await asked(LoginWorld()))
    assert "oldQ~" not in words(await asked(LoginWorld()))


def on(version, **more):
    chart = Chart("jupyterhub", version, "4.0.0")
    return LoginWorld(releases=[replace(release(3, values=values(**more)), chart=chart)])


def row(view, name):
    table = next(section for section in view.sections if isinstance(section, Table))
    return next(cells for cells in table.rows if name in cells[0].text)


@pytest.mark.parametrize(
    ("days", "tone", "word"),
    [
        (31, Tone.GOOD, "31 days"),
        (30, Tone.NOTE, "30 days"),
        (14, Tone.WARNING, "14 days"),
        (7, Tone.BAD, "7 days"),
        (1, Tone.BAD, "1 day"),
        (0, Tone.BAD, "less than a day"),
        (-1, Tone.BAD, "expired 1 day ago"),
        (-35, Tone.BAD, "expired 34 days ago"),
    ],
)
async def test_each_secret_has_its_days_and_their_tone(days, tone, word):
    view = await asked(secrets(kept("key-old", OLD, days)))
    cell = row(view, "hub")[1]
    assert (cell.text, cell.tone) == (word, tone)


async def test_the_secret_that_the_hub_uses_is_marked():
    view = await asked(LoginWorld())
    assert (row(view, "hub")[2].text, row(view, "trial")[2].text) == ("yes", "no")


async def test_what_cannot_be_told_apart_may_be_it():
    world = LoginWorld()
    world.entra.known.append(kept("key-twin", "oldQ~other", 200, "twin", age=50))
    view = await asked(world)
    assert [row(view, name)[2].text for name in ("hub", "twin", "trial")] == ["possibly", "possibly", "no"]


@pytest.mark.parametrize(
    ("world", "tone", "line", "way"),
    [
        (
            secrets(kept("k", OLD, 23)),
            Tone.WARNING,
            "“hub” is valid for 23 days; after that nobody",
            "/jhub auth rotate",
        ),
        (secrets(kept("k", OLD, 6)), Tone.BAD, "“hub” is valid for 6 days; after that nobody", "/jhub auth rotate"),
        (secrets(kept("k", OLD, -1)), Tone.BAD, "Entra does not accept the hub's client secret", "/jhub auth rotate"),
        (secrets(), Tone.BAD, "Entra does not accept the hub's client secret", "/jhub auth rotate"),
        (
            of(oauth_callback_url="https://old.example.org/hub/oauth_callback"),
            Tone.BAD,
            "but people open the hub at hub.example.org",
            f"→ Set oauth_callback_url in hub.config to {CALLBACK}",
        ),
        (LoginWorld(entra=Entra(redirect_uris=())), Tone.BAD, "AADSTS50011", f"→ Add {CALLBACK}"),
        (LoginWorld(page={"client_id": "other"}), Tone.BAD, "to a client or tenant other", "/jhub history"),
        (LoginWorld(page=Unavailable("the login page", "answers with 503")), Tone.BAD, "cannot begin", "/jhub status"),
        (of(username_claim="name"), Tone.WARNING, "two people with the same name would share a home", "“upn”"),
        (
            LoginWorld(entra=Entra(assigned_only=False)),
            Tone.WARNING,
            "Everybody in the tenant can log in",
            "assignment",
        ),
        (
            of(allow_all=False, allowed_groups=["a"]),
            Tone.BAD,
            "The hub does not start: AzureAdOAuthenticator takes allowed_groups only with manage_groups",
            "/jhub config set hub.config.AzureAdOAuthenticator.manage_groups true",
        ),
        (
            on("3.3.8", allow_all=False, allowed_groups=["a"]),
            Tone.BAD,
            "does not know allowed_groups before chart 4, and ignores it. Nobody is let in by it.",
            "Set allowed_users",
        ),
        (
            on("1.1.3", allow_all=False, allowed_groups=["a"]),
            Tone.WARNING,
            "ignores it. Everybody is let in.",
            "require assignment in Entra",
        ),
        (of(allow_all=False), Tone.BAD, "the values must say who may, and they name nobody", "allow_all true"),
        (of(allow_all=False, admin_users=["a"]), Tone.WARNING, "Only admins can log in", "allowed_users"),
    ],
)
async def test_what_is_wrong_is_said_with_the_way_out(world, tone, line, way):
    view = await asked(world)
    shown = " ".join(render(view).split())
    assert view.tone is tone
    assert line in shown
    assert way in shown


async def test_an_earlier_rotations_rest_is_named():
    world = LoginWorld()
    world.entra.known.append(kept("k-9", "xyzQ~half", 180, "jhub-bot op-8 after key-old"))
    assert "An earlier rotation left “jhub-bot op-8” in the app registration." in words(await asked(world))


async def test_the_default_claim_is_the_one_that_oauthenticator_has():
    world = LoginWorld(releases=[release(3, values=without("username_claim"))])
    assert "the claim “name”" in render(await asked(world))


async def test_a_graph_that_is_out_costs_its_own_part_only():
    view = await asked(LoginWorld(entra=Entra(out=OUT)))
    assert "Microsoft Graph cannot be reached" in words(view)
    assert "sends people to this app registration" in words(view)
    assert view.text == "People can log in."


async def test_a_client_id_that_entra_does_not_know_is_said():
    world = of(client_id="5d8f2a10-6c1e-4b7a-9f3d-000000000000")
    world.endpoint = Unavailable("Entra", "did not say whether the secret is right (AADSTS700016)")
    assert "Entra has no app registration with this client id" in words(await asked(world))


async def test_a_secret_from_elsewhere_is_said_and_nothing_offered():
    given = without("client_secret")
    given["hub"]["extraEnv"] = {"OAUTH_CLIENT_SECRET": "never-to-be-shown"}
    view = await asked(LoginWorld(releases=[release(3, values=given)]))
    assert isinstance(view, Notice)
    assert view.buttons == ()
    assert "from the variable OAUTH_CLIENT_SECRET (hub.extraEnv)" in words(view)
    assert "never-to-be-shown" not in words(view)


async def test_another_authenticator_has_nothing_to_do_with_entra():
    given = values()
    given["hub"]["config"]["JupyterHub"]["authenticator_class"] = "github"
    assert "log in through “github”" in words(await asked(LoginWorld(releases=[release(3, values=given)])))


async def test_without_a_live_revision_there_is_nothing_to_say():
    with pytest.raises(UserError):
        await asked(LoginWorld(releases=[]))


@pytest.mark.parametrize(
    ("more", "who"),
    [
        ({"allow_all": True}, "everybody whom Entra lets sign in"),
        ({"allow_all": False, "allowed_groups": ["a", "b"], "manage_groups": True}, "2 groups"),
        ({"allow_all": False, "allowed_users": ["a"]}, "1 person by name"),
        ({"allow_all": False}, "Who gets in nobody"),
        ({"allow_all": False, "admin_users": ["a"]}, "Who gets in admins alone"),
    ],
)
async def test_who_gets_in_is_said(more, who):
    assert who in " ".join(render(await asked(of(**more))).split())


CODE = 'c.AzureAdOAuthenticator.username_claim = "upn"\nc.Authenticator.admin_users = {"ada", "bob"}\n'


def by_code(code, *names):
    made = without("allow_all", "username_claim", *names)
    made["hub"]["extraConfig"] = {"00-azuread": code}
    return LoginWorld(releases=[release(3, values=made)])


async def test_what_plain_code_sets_is_known():
    shown = " ".join(render(await asked(by_code(CODE + "c.Authenticator.allow_all = True"))).split())
    assert "the claim “upn”" in shown
    assert "Admins 2" in shown
    assert "everybody whom Entra lets sign in" in shown
    assert "two people" not in shown


async def test_what_other_code_may_set_is_said_to_be_unknown():
    view = await asked(by_code("import ours\nours.configure(c)"))
    shown = " ".join(render(view).split())
    assert view.text == "Who may log in is not known."
    assert "User names from not known: code that the bot cannot read (hub.extraConfig.00-azuread, line 2) may" in shown
    assert "Admins not known" in shown
    assert "two people with the same name" not in shown


async def test_nobody_can_log_in_with_code_that_names_users_alone():
    view = await asked(by_code('c.AzureAdOAuthenticator.username_claim = "upn"'))
    assert (view.text, view.tone) == ("Nobody can log in: the values allow nobody.", Tone.BAD)


async def test_a_setting_that_other_code_makes_is_not_taken_from_the_values():
    view = await asked(by_code("import os\nc.AzureAdOAuthenticator.client_id = os.environ['CLIENT']"))
    assert (
        "Client id not known: code that the bot cannot read (hub.extraConfig.00-azuread, line 2) may set client_id"
        in " ".join(render(view).split())
    )


async def test_groups_are_advised_where_the_chart_has_them_and_with_what_they_need():
    open_to_all = Entra(assigned_only=False)
    assert "manage_groups to true" in render(await asked(LoginWorld(entra=open_to_all)))
    old = on("3.3.8")
    old.entra = open_to_all
    assert "allowed_groups" not in render(await asked(old))


async def test_a_hub_below_another_path_has_its_login_there():
    given = values(oauth_callback_url="https://hub.example.org/lab/hub/oauth_callback")
    given["hub"]["baseUrl"] = "/lab"
    world = LoginWorld(releases=[release(3, values=given)])
    world.entra.redirect_uris = ("https://hub.example.org/lab/hub/oauth_callback",)

    class Login:
        async def redirect(self, path):
            assert path == "/lab/hub/oauth_login"
            raise Unavailable("the login page", "answers with 418")

        async def accepts(self, *_):
            return True

    view = await auth.run(auth.Args(), replace(world.reads, login=Login(), now=NOW + timedelta(0)))
    assert "answers with 418" in words(view)
    assert "but people open the hub at" not in words(view)
