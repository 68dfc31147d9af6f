"""A hub with a login by Entra: a release with a client secret, an app registration, helm, Entra's token endpoint."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

from clients.entra.applications import Application, ClientSecret, NewSecret
from clients.entra.login_page import Redirect
from clients.entra.secret_policy import SecretPolicy
from clients.errors import NotFound, Unavailable
from clients.helm import FailureReason, Release, UpgradeResult
from commands.ports.context import Writes
from tests.world import NOW, Doing, World, release

CLIENT, TENANT = "0f5a7c1e-3b2d-4e6f-8a9b-1c2d3e4f5a6b", "5d8f2a10-6c1e-4b7a-9f3d-0a1b2c3d4e5f"
CALLBACK = "https://hub.example.org/hub/oauth_callback"
OLD = "oldQ~the-secret-that-the-hub-has-had-so-far"
PATH = ("hub", "config", "AzureAdOAuthenticator", "client_secret")


def values(**more):
    azure = {
        "client_id": CLIENT,
        "client_secret": OLD,
        "tenant_id": TENANT,
        "oauth_callback_url": CALLBACK,
        "username_claim": "upn",
        "allow_all": True,
    }
    config = {"JupyterHub": {"authenticator_class": "azuread"}, "AzureAdOAuthenticator": azure | more}
    return {"hub": {"config": config}, "singleuser": {"image": {"name": "example.org/notebook", "tag": "3f9a41c"}}}


def without(*names):
    made = values()
    for name in names:
        del made["hub"]["config"]["AzureAdOAuthenticator"][name]
    return made


def kept(key_id, text, days=23, name="hub", age=157):
    """Return a secret as Entra lists it, and its text."""
    start, end = NOW - timedelta(days=age), NOW + timedelta(days=days, hours=1)
    return ClientSecret(key_id, name, start, end, text[:3]), text


@dataclass
class Entra:
    """The app registration, and the secrets that Entra accepts. The next writes raise `trouble`, one each."""

    known: list = field(
        default_factory=lambda: [kept("key-old", OLD), kept("key-trial", "trialQ~expired", -35, "trial")]
    )
    redirect_uris: tuple[str, ...] = (CALLBACK,)
    assigned_only: bool | None = True
    trouble: list = field(default_factory=list)
    # Seconds do not pass here: how often a new secret is refused before it is accepted.
    settling: int = 0
    out: Exception | None = None
    lose_answers: int = 0
    made: int = 0
    most: int = 0
    policy: SecretPolicy | Exception = field(default_factory=SecretPolicy)
    lives: list = field(default_factory=list)

    @property
    def names(self):
        return [one.name for one, _ in self.known]

    @property
    def ours(self):
        return [one for one, _ in self.known if one.name.startswith("jhub-bot ")]

    def living(self):
        return {text for one, text in self.known if one.end > NOW}

    async def application(self, client_id):
        if self.out:
            raise self.out
        if client_id != CLIENT:
            raise NotFound("Entra has no app registration with the hub's client id")
        secrets = tuple(one for one, _ in self.known)
        return Application("object-id", CLIENT, "JupyterHub", self.redirect_uris, secrets, self.assigned_only)

    async def secret_policy(self, client_id):
        assert client_id == CLIENT
        if isinstance(self.policy, Exception):
            raise self.policy
        return self.policy

    async def add_secret(self, client_id, name, life):
        assert client_id == CLIENT
        self.lives.append(life)
        self._fail()
        self.made += 1
        text = f"n{self.made:02}Q~a-new-secret-number-{self.made}"
        self.known.append(kept(f"key-{self.made}", text, life.days, name, age=0))
        self.most = max(self.most, len(self.ours))
        self._lose()
        return NewSecret(f"key-{self.made}", text)

    async def remove_secret(self, client_id, key_id):
        assert client_id == CLIENT
        self._fail()
        left = [one for one in self.known if one[0].key_id != key_id]
        gone, self.known = len(left) < len(self.known), left
        self._lose()
        return gone

    def _fail(self):
        if self.trouble:
            raise self.trouble.pop(0)

    def _lose(self):
        if self.lose_answers:
            self.lose_answers -= 1
            raise Unavailable("Microsoft Graph", "cannot be reached")


@dataclass
class Login:
    """The login page and the token endpoint, by the values that are live."""

    world: "LoginWorld"

    async def redirect(self, path):
        assert path == "/hub/oauth_login"
        if isinstance(self.world.page, Exception):
            raise self.world.page
        live = await self.world.reads.releases.deployed()
        config = live.values["hub"]["config"]["AzureAdOAuthenticator"]
        made = Redirect("login.microsoftonline.com", config["tenant_id"], config["client_id"], CALLBACK)
        return replace(made, **self.world.page)

    async def accepts(self, tenant, client_id, secret):
        if self.world.endpoint:
            raise self.world.endpoint
        assert (tenant, client_id) == (TENANT, CLIENT)
        if self.world.entra.settling:
            self.world.entra.settling -= 1
            return False
        return secret in self.world.entra.living()


@dataclass
class LoginWorld(World):
    """A world with a login by Entra.

    `helm` has the results of the next upgrades, which succeed without one; `page` has what the login page has otherwise
    than the values say.
    """

    releases: list = field(default_factory=lambda: [release(3, values=values())])
    entra: Entra = field(default_factory=Entra)
    helm: list = field(default_factory=list)
    page: dict | Exception = field(default_factory=dict)
    endpoint: Exception | None = None
    graph: bool = True
    upgrades: list = field(default_factory=list)

    @property
    def reads(self):
        return replace(super().reads, applications=self.entra if self.graph else None, login=Login(self))

    @property
    def live(self):
        return next((one for one in self.releases if one.status == "deployed"), None)

    @property
    def secret(self):
        return self.live.value(*PATH)


@dataclass
class RealisticHelm:
    """A helm that records revisions as the real one does: a failed one is the newest, the live one stays live."""

    world: LoginWorld

    async def upgrade(self, *, version, values, description, labels, stop, wait_seconds, wait, install):
        del version, stop, wait_seconds, wait, install
        ends = self.world.helm.pop(0) if self.world.helm else UpgradeResult(True)
        if isinstance(ends, Exception):
            raise ends
        self.world.upgrades.append(description)
        number = self.world.releases[0].revision + 1
        status = "deployed" if ends.ok else "failed"
        made = release(number, status=status, values=values, labels=labels, description=description, last_deployed=NOW)
        before = [_superseded(one) if ends.ok else one for one in self.world.releases]
        self.world.releases = [made, *before]
        return ends

    async def rollback(self, *, revision, hidden, stop, wait_seconds):
        del hidden, stop, wait_seconds
        target = next(one for one in self.world.releases if one.revision == revision)
        number = self.world.releases[0].revision + 1
        made = replace(target, revision=number, status="deployed", description=f"Rollback to {revision}")
        self.world.releases = [made, *map(_superseded, self.world.releases)]
        return UpgradeResult(True)


def _superseded(one: Release) -> Release:
    return replace(one, status="superseded") if one.status == "deployed" else one


@dataclass
class Rotating(Doing):
    """An operation at work in that world."""

    @property
    def writes(self):
        return replace(super().writes, helm=RealisticHelm(self.world), applications=self.world.entra)


def writes_of(world, plain: Writes) -> Writes:
    return replace(plain, helm=RealisticHelm(world), applications=world.entra)


NOT_READY = UpgradeResult(False, FailureReason.TIMEOUT, "The new pods were not ready in time.")
