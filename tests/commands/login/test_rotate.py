"""Rotating the client secret: what is planned, refused and done, and that whatever happens the login works."""

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from bot.changes.serialization import dump, load
from cards.text import render
from cards.views import Failure, Notice
from clients.errors import Conflict, Rejected, Unavailable
from commands.framework.argument_types import Age
from commands.framework.errors import UserError
from commands.framework.plan_digest import digest
from commands.login import rotate as auth_rotate
from commands.login import rotation_steps as rotating
from commands.login import rotation_undo as rotation_back
from commands.login.rotation_plan import Rotation
from tests.world import NOW, OLU, release, words
from tests.world.crash import Died, Fuse, Journal, Mortal, _Watched
from tests.world.login import (
    CLIENT,
    NOT_READY,
    OLD,
    PATH,
    LoginWorld,
    RealisticHelm,
    Rotating,
    kept,
    values,
    without,
    writes_of,
)

OUT = Unavailable("Microsoft Graph", "cannot be reached")
DENIED = Rejected("Microsoft Graph", "Authorization_RequestDenied", "Microsoft Graph refused: the bot needs more.")


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    for name in ("_ACCEPTED_WITHIN", "_PROVEN_WITHIN"):
        monkeypatch.setattr(rotating, name, 0.05)
    monkeypatch.setattr(rotation_back, "_REMOVED_WITHIN", 0.05)


async def planned(world, valid=None):
    return await auth_rotate.plan(auth_rotate.Args(Age.parse(valid) if valid else None), world.reads)


async def rotated(world, **more):
    doing = Rotating(world, **more)
    return await auth_rotate.apply(await planned(world), doing), doing


def works(world):
    """Whether people can log in with what is live."""
    return world.secret in world.entra.living()


# Planning


async def test_the_plan_says_where_it_goes_what_goes_and_for_how_long():
    plan = await planned(LoginWorld())
    assert (plan.path, plan.old, plan.days, plan.client_id) == (PATH, "key-old", 180, CLIENT)
    shown = render(auth_rotate.preview(plan))
    assert "hub.config.AzureAdOAuthenticator.client_secr" in shown
    assert "Whatever else signs in with “hub” stops working." in shown
    assert "Becomes revision 4 of jupyterhub" in shown


async def test_no_secret_is_in_the_plan_nor_what_entra_hints_at():
    plan = await planned(LoginWorld())
    stored = str(dump(Rotation, plan))
    assert OLD not in stored + words(plan)
    assert "oldQ~" not in stored
    assert load(Rotation, dump(Rotation, plan)) == plan


async def test_the_secret_is_found_in_whichever_section_it_stands():
    given = without("client_secret")
    given["hub"]["config"]["OAuthenticator"] = {"client_secret": OLD}
    plan = await planned(LoginWorld(releases=[release(3, values=given)]))
    assert plan.path == ("hub", "config", "OAuthenticator", "client_secret")


def elsewhere(**hub):
    made = without("client_secret")
    made["hub"] |= hub
    return LoginWorld(releases=[release(3, values=made)])


REFERENCE = {"valueFrom": {"secretKeyRef": {"name": "hub-login", "key": "secret"}}}


@pytest.mark.parametrize(
    ("world", "said"),
    [
        (
            elsewhere(extraEnv={"OAUTH_CLIENT_SECRET": REFERENCE}),
            "OAUTH_CLIENT_SECRET (hub.extraEnv), from the Secret h",
        ),
        (elsewhere(extraEnv=[{"name": "OAUTH_CLIENT_SECRET", **REFERENCE}]), "from the Secret hub-login"),
        (elsewhere(extraConfig={"login": "c.OAuthenticator.client_secret = x"}), "code in hub.extraConfig"),
        (elsewhere(existingSecret="hub-values"), "the Secret hub-values (hub.existingSecret)"),
        (elsewhere(), "an unknown place: the values do not name one"),
        (LoginWorld(releases=[release(3, values=without("tenant_id"))]), "have no tenant_id"),
        (LoginWorld(releases=[release(3, values=without("client_id"))]), "have no client_id"),
        (LoginWorld(releases=[release(3)]), "log in through “none”"),
        (LoginWorld(releases=[]), "no release"),
        (LoginWorld(releases=[release(3, values=values(client_id="5" * 36))]), "has no app registration"),
        (LoginWorld(page={"client_id": "another"}), "sends people to a client, tenant or callback other"),
        (
            LoginWorld(page={"callback": "https://old.example.org/hub/oauth_callback"}),
            "a client, tenant or callback ot",
        ),
        (LoginWorld(graph=False), "graph is not configured"),
    ],
)
async def test_what_cannot_be_done_is_refused_with_the_reason(world, said):
    with pytest.raises(UserError) as refused:
        await planned(world)
    assert said in str(refused.value)
    assert OLD not in words(refused.value)


async def test_a_secret_in_code_wins_over_the_values():
    given = values()
    given["hub"]["extraConfig"] = {"z": "c.AzureAdOAuthenticator.client_secret = open('/x').read()"}
    with pytest.raises(UserError, match="By hand: create a new secret"):
        await planned(LoginWorld(releases=[release(3, values=given)]))


async def test_a_login_that_does_not_begin_now_is_not_touched():
    with pytest.raises(Unavailable):
        await planned(LoginWorld(page=Unavailable("the login page", "cannot be reached")))


@pytest.mark.parametrize("valid", ["1s", "23h", "731d"])
async def test_a_secret_is_good_for_a_day_to_two_years(valid):
    with pytest.raises(UserError, match="1 to 730 days"):
        await planned(LoginWorld(), valid)


async def test_consent_is_bound_to_the_secret_that_goes_and_the_values():
    first = digest("auth rotate", OLU, await planned(LoginWorld()))
    assert digest("auth rotate", OLU, await planned(LoginWorld())) == first
    another = LoginWorld()
    another.entra.known[0] = kept("key-other", OLD)
    assert digest("auth rotate", OLU, await planned(another)) != first
    assert digest("auth rotate", OLU, await planned(LoginWorld(), "90d")) != first
    changed = LoginWorld(releases=[release(3, values=values(allow_all=False))])
    assert digest("auth rotate", OLU, await planned(changed)) != first


async def test_where_two_secrets_begin_alike_the_newer_than_the_release_is_not_it():
    world = LoginWorld()
    world.entra.known.append(kept("key-twin", "oldQ~another", 300, "twin", age=1))
    assert (await planned(world)).old == "key-old"


async def test_what_cannot_be_told_apart_stays_and_the_preview_says_so():
    world = LoginWorld()
    world.entra.known.append(kept("key-twin", "oldQ~another", 300, "twin", age=100))
    plan = await planned(world)
    assert plan.old == ""
    assert "all old ones are kept" in render(auth_rotate.preview(plan))
    view, _ = await rotated(world)
    assert isinstance(view, Notice)
    assert "all are kept" in words(view)
    assert {"hub", "twin", "trial"} < set(world.entra.names)
    assert works(world)


# Doing


async def test_it_is_made_deployed_proven_and_the_old_one_removed():
    world = LoginWorld()
    world.entra.settling = 3
    view, doing = await rotated(world)
    assert isinstance(view, Notice)
    assert doing.titles == ["Add the new secret and deploy it", "Test the login", "Remove the old secret"]
    assert world.secret == "n01Q~a-new-secret-number-1"
    assert works(world)
    assert world.entra.names == ["trial", "jhub-bot op-9 after key-old"]
    assert "“jhub-bot op-9”, valid for 180 days" in words(view)
    assert world.live.value("hub", "config", "AzureAdOAuthenticator", "username_claim") == "upn"


async def test_nothing_that_people_see_or_that_is_recorded_holds_a_secret():
    world = LoginWorld(helm=[NOT_READY])
    view, doing = await rotated(world)
    said = words((view, doing.told, doing.warned, doing.titles))
    again = LoginWorld()
    journal = Journal()
    await auth_rotate.apply(await planned(again), MortalRotation(again, journal=journal))
    for secret in (OLD, "n01Q~a-new-secret-number-1"):
        assert secret not in said + words(journal.results)
    assert len(journal.results) == 3


async def test_a_deploy_that_fails_is_put_back_and_the_new_secret_goes():
    world = LoginWorld(helm=[NOT_READY])
    view, doing = await rotated(world)
    assert isinstance(view, Failure)
    assert view.cause == "The new pods were not ready in time."
    assert doing.titles[-2:] == ["Restore the old secret", "Remove the new secret"]
    assert world.secret == OLD
    assert world.releases[0].values == values()
    assert world.entra.names == ["hub", "trial"]
    assert "is live with the old secret, which Entra accepts" in words(view)


async def test_where_putting_back_fails_both_secrets_stay_and_the_next_try_repairs_it():
    world = LoginWorld(helm=[NOT_READY, NOT_READY])
    view, _ = await rotated(world)
    assert isinstance(view, Failure)
    assert "Restoring the old one failed too" in view.cause
    assert works(world)
    assert world.entra.names == ["hub", "trial", "jhub-bot op-9 after key-old"]
    again, _ = await rotated(world, operation="op-10")
    assert isinstance(again, Notice)
    assert world.entra.names == ["trial", "jhub-bot op-10 after key-old"]
    assert works(world)


async def test_a_secret_that_a_failed_revision_may_run_with_is_not_removed_before_the_next_is_proven():
    world = LoginWorld(helm=[NOT_READY, NOT_READY])
    await rotated(world)
    world.helm = [NOT_READY]
    seen = []

    async def add(*args):
        seen.append(list(world.entra.names))
        return await type(world.entra).add_secret(world.entra, *args)

    world.entra.add_secret = add
    await rotated(world, operation="op-10")
    assert "jhub-bot op-9 after key-old" in seen[0]


async def test_a_proof_that_fails_is_put_back():
    world = LoginWorld()

    class Wrong(RealisticHelm):
        async def upgrade(self, **asked):
            ended = await super().upgrade(**asked)
            self.world.page = {"client_id": "another"} if len(self.world.upgrades) == 1 else {}
            return ended

    class Doing(Rotating):
        @property
        def writes(self):
            return replace(super().writes, helm=Wrong(self.world))

    view = await auth_rotate.apply(await planned(world), Doing(world))
    assert isinstance(view, Failure)
    assert "sends people to another client" in view.cause
    assert (world.secret, world.entra.names) == (OLD, ["hub", "trial"])
    assert world.upgrades[-1].startswith("Restore the login's old secret")


async def test_a_secret_that_entra_never_accepts_is_not_deployed():
    world = LoginWorld()
    world.entra.settling = 10**9
    plan = await planned(world)
    view = await auth_rotate.apply(plan, Rotating(world))
    assert isinstance(view, Failure)
    assert "Entra did not accept the new secret" in view.cause
    assert world.upgrades == []
    assert world.entra.names == ["hub", "trial"]


@pytest.mark.parametrize("error", [OUT, DENIED])
async def test_a_secret_that_cannot_be_made_changes_nothing(error):
    world = LoginWorld()
    world.entra.trouble = [error]
    view, _ = await rotated(world)
    assert isinstance(view, Failure)
    assert view.cause == f"{str(error).rstrip('.')}."
    assert (world.upgrades, world.secret, world.entra.names) == ([], OLD, ["hub", "trial"])


async def test_a_secret_whose_answer_was_lost_is_found_by_its_name_and_removed():
    world = LoginWorld()
    world.entra.lose_answers = 1
    view, _ = await rotated(world)
    assert isinstance(view, Failure)
    assert world.entra.made == 1
    assert (world.secret, world.entra.names) == (OLD, ["hub", "trial"])


async def test_helm_that_cannot_be_started_leaves_no_secret():
    world = LoginWorld(helm=[Unavailable("Helm", "could not be started")])
    view, _ = await rotated(world)
    assert isinstance(view, Failure)
    assert (world.secret, world.entra.names) == (OLD, ["hub", "trial"])


async def test_an_old_secret_that_cannot_be_removed_is_said_and_goes_with_the_next():
    world = LoginWorld()
    plan = await planned(world)

    class Doing(Rotating):
        async def step(self, title, action, *args, **kwargs):
            if title == "Remove the old secret":
                self.world.entra.trouble = [OUT] * 10_000
            return await super().step(title, action, *args, **kwargs)

    view = await auth_rotate.apply(plan, Doing(world))
    assert isinstance(view, Failure)
    assert "the old one was not removed" in view.title
    assert works(world)
    assert "hub" in world.entra.names
    world.entra.trouble = []
    again = await planned(world)
    assert (again.old, again.outlived) == ("key-1", "key-old")
    assert "“jhub-bot op-9”, “hub”" in again.old_called
    done, _ = await rotated(world, operation="op-10")
    assert isinstance(done, Notice)
    assert world.entra.names == ["trial", "jhub-bot op-10 after key-1"]


async def test_a_half_made_one_that_entra_lists_only_later_goes_at_the_end():
    world = LoginWorld()
    plan = await planned(world)
    plan = replace(plan, leftovers=0)

    class Doing(Rotating):
        async def step(self, title, action, *args, **kwargs):
            if title == "Remove the old secret":
                self.world.entra.known.append(kept("key-late", "xyzQ~late", 180, "jhub-bot op-9 after key-old", age=0))
            return await super().step(title, action, *args, **kwargs)

    assert isinstance(await auth_rotate.apply(plan, Doing(world)), Notice)
    assert "key-late" not in [one.key_id for one, _ in world.entra.known]
    assert works(world)


async def test_graph_that_stumbles_once_does_not_matter():
    world = LoginWorld()
    plan = await planned(world)

    class Doing(Rotating):
        async def step(self, title, action, *args, **kwargs):
            if title == "Remove the old secret":
                self.world.entra.trouble = [OUT]
            return await super().step(title, action, *args, **kwargs)

    assert isinstance(await auth_rotate.apply(plan, Doing(world)), Notice)


async def test_what_somebody_else_deployed_meanwhile_voids_the_consent_before_anything_is_made():
    world = LoginWorld()
    plan = await planned(world)
    world.releases = [release(4, values=values(allow_all=False))]
    with pytest.raises(Conflict):
        await auth_rotate.apply(plan, Rotating(world))
    assert world.entra.made == 0


async def test_what_somebody_else_deployed_after_it_keeps_the_old_secret():
    world = LoginWorld()
    plan = await planned(world)

    class Doing(Rotating):
        async def step(self, title, action, *args, **kwargs):
            if title == "Remove the old secret":
                self.world.releases = [release(9, values=values())]
            return await super().step(title, action, *args, **kwargs)

    view = await auth_rotate.apply(plan, Doing(world))
    assert isinstance(view, Failure)
    assert "Another revision of the release is live" in view.cause
    assert "hub" in world.entra.names
    assert works(world)


async def test_a_new_secret_that_somebody_has_deployed_meanwhile_is_not_removed():
    world = LoginWorld(helm=[NOT_READY])
    plan = await planned(world)

    class Doing(Rotating):
        async def step(self, title, action, *args, **kwargs):
            if title == "Remove the new secret":
                self.world.releases = [release(9, values=values(client_secret="n01Q~a-new-secret-number-1"))]
            return await super().step(title, action, *args, **kwargs)

    assert isinstance(await auth_rotate.apply(plan, Doing(world)), Failure)
    assert works(world)
    assert world.secret == "n01Q~a-new-secret-number-1"


async def test_neither_secret_is_in_what_helm_says():
    new = "n01Q~a-new-secret-number-1"
    said = f'cannot patch "hub": {OLD} is not {new}'
    # The client hides what it was given; the other one is for the command to hide.
    world = LoginWorld(
        helm=[replace(NOT_READY, message=said.replace(new, "[hidden]")), replace(NOT_READY, message=said)]
    )
    view, _ = await rotated(world)
    assert "Cannot patch" in words(view)
    assert OLD not in view.cause.partition("Restoring")[0]
    assert new not in words(view)


async def test_an_expired_secret_is_rotated_like_any_other():
    world = LoginWorld()
    world.entra.known[0] = kept("key-old", OLD, -2)
    assert not works(world)
    view, _ = await rotated(world)
    assert isinstance(view, Notice)
    assert works(world)
    assert world.entra.names == ["trial", "jhub-bot op-9 after key-old"]


async def test_a_secret_that_is_none_of_the_apps_is_replaced_and_the_preview_says_so():
    world = LoginWorld()
    world.entra.known = world.entra.known[1:]
    plan = await planned(world)
    assert "not one of the app registration's" in render(auth_rotate.preview(plan))
    assert isinstance((await rotated(world))[0], Notice)
    assert works(world)


async def test_a_half_made_secret_that_begins_like_the_old_one_is_known_by_its_name():
    world = LoginWorld()
    world.entra.known.append(kept("key-half", "oldQ~half-made", 180, "jhub-bot op-9 after key-old", age=0))
    view, _ = await rotated(world)
    assert isinstance(view, Notice)
    assert world.entra.names == ["trial", "jhub-bot op-9 after key-old"]
    assert "key-half" not in [one.key_id for one in world.entra.ours]
    assert works(world)


async def test_an_entra_that_cannot_be_asked_at_the_end_is_not_vouched_for():
    world = LoginWorld(helm=[NOT_READY, NOT_READY])
    plan = await planned(world)

    class Doing(Rotating):
        async def step(self, title, action, *args, **kwargs):
            result = await super().step(title, action, *args, **kwargs)
            self.world.endpoint = Unavailable("Entra", "cannot be reached")
            return result

    view = await auth_rotate.apply(plan, Doing(world))
    assert "which Entra accepts" not in words(view)
    assert "Entra cannot be reached" in words(view)


async def test_whoever_stops_it_hears_what_is_true_and_the_next_one_tidies_up():
    world = LoginWorld(helm=[replace(NOT_READY, message="The upgrade was cancelled while it ran.")])
    plan, doing = await planned(world), Rotating(world)

    class Stopping(RealisticHelm):
        async def upgrade(self, **asked):
            doing.stop.set()
            return await super().upgrade(**asked)

    class Doing(Rotating):
        @property
        def writes(self):
            return replace(super().writes, helm=Stopping(self.world))

    view = await auth_rotate.apply(plan, Doing(world, stop=doing.stop))
    assert isinstance(view, Failure)
    assert view.title == "Rotating the login's secret was stopped"
    assert "jhub-bot op-9” exists in Entra" in words(view)
    assert works(world)
    again, _ = await rotated(world, operation="op-10")
    assert isinstance(again, Notice)
    assert world.entra.names == ["trial", "jhub-bot op-10 after key-old"]


# Dying


@dataclass
class MortalRotation(Mortal):
    @property
    def writes(self):
        made = writes_of(self.world, Rotating(self.world).writes)
        return replace(made, helm=_Watched(made.helm, self.fuse), applications=_Watched(made.applications, self.fuse))


@dataclass
class BackAgain(MortalRotation):
    """Helm fails whenever it is asked for the new secret, and never for the old one."""

    async def step(self, title, action, *args, **kwargs):
        self.world.helm = [NOT_READY] * 99 if title == "Add the new secret and deploy it" else []
        return await super().step(title, action, *args, **kwargs)


async def lives(world, kind, deaths):
    """What comes of it when the process dies after so many moments, again and again, and is taken up each time."""
    plan, journal, died = await planned(world), Journal(), 0
    for moments in deaths:
        try:
            await auth_rotate.apply(plan, kind(world, journal=journal, fuse=Fuse(moments)))
        except Died:
            died += 1
        assert works(world), deaths
    return await auth_rotate.apply(plan, kind(world, journal=journal)), died


# Before and after each request that writes: a secret made, helm, a secret removed.
MOMENTS = [(first, second) for first in range(6) for second in (0, 1, 2, 3, 4, 99)]


@pytest.mark.parametrize("deaths", MOMENTS)
async def test_killed_anywhere_it_goes_on_and_leaves_exactly_one_secret(deaths):
    world = LoginWorld()
    view, died = await lives(world, MortalRotation, deaths)
    assert died >= 1
    assert isinstance(view, Notice), view
    assert works(world)
    assert world.entra.names[:-1] == ["trial"]
    assert world.entra.names[-1].startswith("jhub-bot op-9")
    assert world.entra.most == 1, "never two that are half made"
    assert world.secret != OLD


@pytest.mark.parametrize("deaths", MOMENTS)
async def test_killed_anywhere_on_the_way_back_the_old_secret_works(deaths):
    world = LoginWorld()
    view, died = await lives(world, BackAgain, deaths)
    assert died >= 1
    assert isinstance(view, Failure)
    assert (world.secret, world.entra.names) == (OLD, ["hub", "trial"])
    assert world.entra.most == 1


async def test_a_secret_expires_when_it_should():
    world = LoginWorld()
    await rotated(world)
    (new,) = world.entra.ours
    assert new.end - NOW == timedelta(days=180, hours=1)
