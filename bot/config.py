"""Settings: one YAML file, environment variables over it. Secrets only by reference.

A variable is `JHUB_BOT_` and the path with two underscores between: JHUB_BOT_TEAMS__PORT=3978.
"""

import os
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

from commands.cron import Holidays
from commands.durations import parse as parse_duration
from commands.hours import Hours, Weekly

_PREFIX = "JHUB_BOT_"

Duration = Annotated[
    timedelta,
    BeforeValidator(lambda given: parse_duration(given) if isinstance(given, str) else given),
    Field(gt=timedelta(0)),
]


class ConfigError(Exception):
    """The configuration cannot be used. The message has a line per mistake."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Group(_Section):
    """An Entra group by object id; the name is for showing whom to ask."""

    id: str = Field(pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")
    name: str = ""


class TeamRoster(_Section):
    """A team whose owners and members have levels: the weaker way, for tenants without Graph permissions.

    `id` is the team's own conversation id (19:…@thread.tacv2). Any owner of the team can then give a level to anybody.
    """

    id: str = Field(min_length=1)
    owners: Literal["viewer", "operator", "approver", "admin"] = "admin"
    members: Literal["", "viewer", "operator", "approver", "admin"] = "viewer"
    service_url: str = "https://smba.trafficmanager.net/teams/"


class AccessSettings(_Section):
    """Which groups may do what. Each level includes those below it; nobody is in by default."""

    viewer: tuple[Group, ...] = ()
    operator: tuple[Group, ...] = ()
    approver: tuple[Group, ...] = ()
    admin: tuple[Group, ...] = ()
    team: TeamRoster | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.team and any((self.viewer, self.operator, self.approver, self.admin)):
            raise ValueError("either groups or a team give levels, not both")
        return self


class GraphSection(_Section):
    """How Microsoft Graph is asked for memberships. `token_file` stands in for an identity in a sandbox."""

    url: str = "https://graph.microsoft.com"
    identity: Literal["ManagedIdentity", "WorkloadIdentity", "AzureCli", "ClientSecret"] = "ManagedIdentity"
    tenant_id: str = ""
    client_id: str = ""
    secret_file: Path | None = None
    token_file: Path | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.identity == "ClientSecret" and not (self.tenant_id and self.client_id and self.secret_file):
            raise ValueError("identity ClientSecret needs tenant_id, client_id and secret_file")
        return self


class AzureSection(_Section):
    """Where the hub's cluster is in Azure. Without `cluster`, what needs Azure says so.

    `token_file` stands in for an identity in a sandbox.
    """

    url: str = "https://management.azure.com"
    subscription_id: str = ""
    resource_group: str = ""
    cluster: str = ""
    identity: Literal["ManagedIdentity", "WorkloadIdentity", "AzureCli"] = "ManagedIdentity"
    client_id: str = ""
    token_file: Path | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.cluster and not (self.subscription_id and self.resource_group):
            raise ValueError("a cluster needs subscription_id and resource_group")
        return self


class RegistrySection(_Section):
    """Where the users' image is kept, an Azure Container Registry. Without `login_server` no tag is checked.

    The identity is the one of `azure`, and so are subscription and resource group unless they are given; `url` and
    `token_file` stand in for the real address and identity in a sandbox.
    """

    login_server: str = Field(default="", pattern=r"^([a-z0-9]([a-z0-9.-]*[a-z0-9])?)?$")
    url: str = ""
    name: str = ""
    subscription_id: str = ""
    resource_group: str = ""
    by_digest: bool = False
    token_file: Path | None = None

    @property
    def address(self) -> str:
        """Where it is reached."""
        return self.url or f"https://{self.login_server}"

    @property
    def resource(self) -> str:
        """Its name as a resource of Azure."""
        return self.name or self.login_server.partition(".")[0]


class ImageSection(_Section):
    """What the users' image is built from. Without `repository` nothing can be built.

    `notebooks_repository` has the sample notebooks that go into it, and must be public.
    """

    repository: str = ""
    branch: str = "main"
    folder: str = Field(default="", pattern=r"^[^:#\s]*$")
    dockerfile: str = Field(default="Dockerfile", min_length=1)
    platform: str = Field(default="linux/amd64", pattern=r"^(linux|windows)/[a-z0-9]+$")
    repository_token_file: Path | None = None
    notebooks_repository: str = ""
    notebooks_branch: str = Field(default="main", min_length=1)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.notebooks_repository and not self.repository:
            raise ValueError("notebooks come into an image that is built: that needs repository as well")
        return self


class TeamsSection(_Section):
    """The Azure Bot behind the app. Without an app id the bot serves this machine only, for the Playground."""

    host: str = "127.0.0.1"
    port: int = Field(default=3978, ge=0, le=65535)
    app_id: str = ""
    app_type: Literal["SingleTenant", "UserAssignedMSI", "WorkloadIdentity", "AzureCli"] = "SingleTenant"
    app_secret_file: Path | None = None
    tenants: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.app_id and not self.tenants:
            raise ValueError("with an app_id, tenants must name the tenants that are served")
        if self.app_id and self.app_type == "SingleTenant" and self.app_secret_file is None:
            raise ValueError("app_type SingleTenant needs app_secret_file, the path of a file with the secret")
        return self


class KubernetesSettings(_Section):
    """The cluster and namespace of the hub. Without a kubeconfig the pod's own service account is used."""

    kubeconfig: Path | None = None
    context: str | None = None
    namespace: str = "jhub"


class ReleaseSettings(_Section):
    """The Helm release. `chart` is a folder, or a name in `repository`."""

    name: str = "jupyterhub"
    chart: str = "jupyterhub"
    repository: str | None = "https://hub.jupyter.org/helm-chart/"
    timeout: Duration = timedelta(minutes=10)


class TokenSecret(_Section):
    """A key of a Secret in the hub's namespace: as it is, the one in which the chart keeps the bot's token."""

    name: str = Field(default="hub", pattern=r"^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$")
    key: str = Field(default="hub.services.jhub-bot.apiToken", pattern=r"^[-._a-zA-Z0-9]{1,253}$")


class HubSettings(_Section):
    """The hub's REST API, as the bot reaches it, and where its token is: in a file, or in the chart's own Secret.

    The latter is for a bot that installs the hub: there is no token before.
    """

    url: str = "http://hub.jhub.svc.cluster.local:8081"
    token_file: Path | None = None
    token_secret: TokenSecret | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if self.token_file and self.token_secret:
            raise ValueError("the token is in token_file or in token_secret, not in both")
        return self


class PublicSettings(_Section):
    """The address that users open, and what its certificate depends on.

    `address`, `http_port`, `nameserver` ("address:port") and `trust_file` are for reaching it and trusting it in a
    sandbox.
    """

    host: str = ""
    port: int = Field(default=443, ge=1, le=65535)
    http_port: int = Field(default=80, ge=1, le=65535)
    address: str | None = None
    trust_file: Path | None = None
    nameserver: str = ""
    acme_directory: str = "https://acme-v02.api.letsencrypt.org/directory"


class ValuesSection(_Section):
    """Where the hub's values are written down: in the release, in a file, or in a file of a git repository.

    `file` is a path on this machine, or in the repository. A commit's author is who asked for it, at `author_email`
    with their object id in place of `{object_id}`; the bot is its committer. `secrets_file` holds values, in the form
    of the file, for what neither that nor the release has: the client secret at a first installation.
    """

    home: Literal["release", "file", "git"] = "release"
    file: str = Field(default="config.yaml", min_length=1)
    repository: str = ""
    branch: str = Field(default="main", pattern=r"^[A-Za-z0-9_-]+([./][A-Za-z0-9_-]+)*$", max_length=200)
    token_file: Path | None = None
    author_email: str = Field(default="{object_id}@jhub-bot.invalid", pattern=r"^[^\s@<>]+@[^\s@<>]+$")
    committer_name: str = Field(default="JupyterHub bot", min_length=1, max_length=100)
    committer_email: str = Field(default="jhub-bot@jhub-bot.invalid", pattern=r"^[^\s@<>]+@[^\s@<>]+$")
    secrets_file: Path | None = None

    @model_validator(mode="after")
    def _used(self) -> Self:
        if self.home == "release" and self.secrets_file is not None:
            raise ValueError("secrets_file goes with home file or git: a release has its own secrets")
        return self


class LoginSection(_Section):
    """Where Entra's token endpoint is, at which a new client secret is proven before the old one is removed."""

    url: str = "https://login.microsoftonline.com"


class ApprovalRule(_Section):
    """What one command needs beyond what it asks for by itself. Nothing here can make it need less."""

    approvals: int = Field(default=0, ge=0, le=5)
    confirm: bool = False
    reason: bool = False


class ApprovalSettings(_Section):
    """How long a question waits for its answer, how long an emergency for its veto, and what needs more than usual."""

    expiry: Duration = timedelta(minutes=30)
    emergency_delay: Duration = timedelta(minutes=5)
    policy: dict[str, ApprovalRule] = {}


class StoreSection(_Section):
    """Where the bot keeps its records. Without a url: SQLite files in `state_dir`.

    `url_file` holds an address such as postgresql://user:password@host/name; several replicas share the work then,
    each under its own `replica` name, which it keeps when it is started again (a StatefulSet's pod name).
    """

    url_file: Path | None = None
    replica: str = Field(default="bot-0", pattern=r"^[A-Za-z0-9_.-]{1,100}$")
    silence: Duration = timedelta(minutes=1)


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"“{name[:60]}” is no time zone; one is Europe/Berlin") from None
    return name


def _holidays(given: object) -> Holidays:
    first, dots, last = str(given).partition("..")
    try:
        made = Holidays(date.fromisoformat(first.strip()), date.fromisoformat((last if dots else first).strip()))
    except ValueError:
        raise ValueError("a holiday is a day such as 2026-12-25, or two: 2026-12-24..2027-01-01") from None
    if made.last < made.first:
        raise ValueError(f"{made.first}..{made.last} ends before it begins")
    return made


class StorageSection(_Section):
    """Users' homes: how long snapshots are kept, and when the expired ones are removed (cron, UTC)."""

    snapshot_retention: Duration = timedelta(days=14)
    expire_at: str = Field(default="17 3 * * *", pattern=r"^[\d*/,-]+( [\d*/,-]+){4}$")


class SchedulesSection(_Section):
    """Schedules: the time zone their cron lines are in, days on which nothing runs, how long before it is announced.

    A holiday is a day, or two with two dots between (2026-12-24..2027-01-01).
    """

    timezone: Annotated[str, AfterValidator(_zone)] = "UTC"
    holidays: tuple[Annotated[Holidays, BeforeValidator(_holidays)], ...] = ()
    notice: Duration = timedelta(minutes=15)


QuietHours = Annotated[Hours, BeforeValidator(lambda given: given if isinstance(given, Hours) else Hours.parse(given))]


class ChannelSection(_Section):
    """What one conversation wants to hear, above what was typed in it; null where that counts."""

    min: Literal["note", "warning", "critical"] | None = None
    only: tuple[str, ...] | None = None
    quiet: QuietHours | None = None


class AlertsSection(_Section):
    """What the bot says by itself. Quiet hours ("22:00-07:00", in `timezone`) let through what is critical.

    `heartbeat_url_file` holds the secret address of a dead-man's switch, asked each minute while the bot watches.
    """

    enabled: bool = True
    heartbeat_url_file: Path | None = None
    quiet: QuietHours | None = None
    timezone: Annotated[str, AfterValidator(_zone)] = "UTC"
    channels: dict[str, ChannelSection] = {}


class LimitsSection(_Section):
    """What one caller may type and press: `burst` at once, `per_minute` over time. 0 a minute is no limit."""

    per_minute: int = Field(default=60, ge=0, le=10_000)
    burst: int = Field(default=20, ge=1, le=10_000)


WeeklyTime = Annotated[
    Weekly, BeforeValidator(lambda given: given if isinstance(given, Weekly) else Weekly.parse(given))
]


class ReportSection(_Section):
    """The weekly digest in every conversation that gets alerts: `weekly` is "Mon 09:00", or off."""

    weekly: WeeklyTime | None = None
    timezone: Annotated[str, AfterValidator(_zone)] = "UTC"

    @model_validator(mode="before")
    @classmethod
    def _off(cls, given: object) -> object:
        # YAML reads a bare off as false.
        if isinstance(given, dict) and given.get("weekly") in (False, "off", ""):
            return {**given, "weekly": None}
        return given


Price = Annotated[Decimal, Field(ge=0, le=10_000)]


class CostSection(_Section):
    """What a node costs in an hour, by the size of its machine."""

    currency: str = Field(default="EUR", pattern=r"^[A-Z]{3}$")
    prices: dict[str, Price] = {}


class Settings(BaseSettings):
    """Everything that can be set."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX,
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        nested_model_default_partial_update=True,
    )

    teams: TeamsSection = TeamsSection()
    kubernetes: KubernetesSettings = KubernetesSettings()
    release: ReleaseSettings = ReleaseSettings()
    hub: HubSettings = HubSettings()
    public: PublicSettings = PublicSettings()
    access: AccessSettings = AccessSettings()
    graph: GraphSection = GraphSection()
    login: LoginSection = LoginSection()
    values: ValuesSection = ValuesSection()
    azure: AzureSection = AzureSection()
    registry: RegistrySection = RegistrySection()
    image: ImageSection = ImageSection()
    approvals: ApprovalSettings = ApprovalSettings()
    store: StoreSection = StoreSection()
    storage: StorageSection = StorageSection()
    schedules: SchedulesSection = SchedulesSection()
    cost: CostSection = CostSection()
    alerts: AlertsSection = AlertsSection()
    report: ReportSection = ReportSection()
    limits: LimitsSection = LimitsSection()
    state_dir: Path = Path(".jhub-bot")

    @classmethod
    def settings_customise_sources(  # noqa: D102 - pydantic-settings' own hook
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        del settings_cls, dotenv_settings, file_secret_settings
        return env_settings, init_settings


def load(path: Path | None) -> Settings:
    """The settings of a file with the environment over them. Raises ConfigError with a line per mistake."""
    return settings_from({} if path is None else _read(path))


def settings_from(content: dict[str, object]) -> Settings:
    """The settings in a mapping as YAML would give it. Raises ConfigError."""
    unknown = [repr(key) for key in content if not isinstance(key, str)]
    if unknown:
        raise ConfigError(f"the sections' names are words, not {', '.join(unknown)}")
    _check_variables()
    try:
        return Settings(**content)  # type: ignore[arg-type] # pydantic checks what comes from a file
    except ValidationError as error:
        raise ConfigError("\n".join(_mistakes(error))) from None
    except SettingsError as error:
        # Its own text names the variable's section; the value would be in its cause.
        raise ConfigError(f"a variable {_PREFIX}… is not of the form {_PREFIX}SECTION__NAME: {error}") from None


def _check_variables() -> None:
    """A variable for a section that does not exist would be ignored in silence."""
    sections = {name.upper() for name in Settings.model_fields}
    given = [name for name in os.environ if name.upper().startswith(_PREFIX)]
    wrong = [name for name in given if name.upper().removeprefix(_PREFIX).partition("__")[0] not in sections]
    if wrong:
        known = ", ".join(sorted(sections))
        raise ConfigError(f"{', '.join(sorted(wrong))}: no such section; after {_PREFIX} comes one of {known}")


def with_value(content: dict[str, object], assignment: str) -> dict[str, object]:
    """A copy of `content` with `a.b=value` set; the value is YAML. Raises ConfigError for other forms."""
    path, equals, value = assignment.partition("=")
    if not equals or not all(path.split(".")):
        raise ConfigError(f"“{assignment}” is not of the form section.name=value, e.g. approvals.expiry=2s")
    try:
        return _set(content, path.split("."), yaml.safe_load(value))
    except yaml.YAMLError:
        raise ConfigError(f"the value of {path} is not YAML") from None


def _set(content: dict[str, object], path: list[str], value: object) -> dict[str, object]:
    if len(path) == 1:
        return {**content, path[0]: value}
    inner = content.get(path[0])
    return {**content, path[0]: _set(inner if isinstance(inner, dict) else {}, path[1:], value)}


def _read(path: Path) -> dict[str, object]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path} is not YAML: it is not UTF-8 text") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark else ""
        raise ConfigError(f"{path} is not YAML{where}") from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise ConfigError(f"{path} holds no settings: it must be a mapping of sections")
    return content


def _mistakes(error: ValidationError) -> list[str]:
    # The input is left out on purpose: it may be a secret that somebody typed in the wrong place.
    return [f"{'.'.join(str(part) for part in e['loc'])}: {e['msg']}" for e in error.errors(include_input=False)]
