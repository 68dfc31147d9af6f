"""Settings: one YAML file, environment variables over it. Secrets only by reference.

A variable is `JHUB_BOT_` and the path with two underscores between: JHUB_BOT_TEAMS__PORT=3978.
"""

import os
from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

from bot.configuration.document import DocumentError
from bot.configuration.document import parse as parse_document
from bot.configuration.environment import PREFIX, variables, yielding
from bot.references import PATTERN, SecretRef
from commands.cron import Holidays
from commands.durations import parse as parse_duration
from commands.hours import Hours, Weekly

Duration = Annotated[
    timedelta,
    BeforeValidator(lambda given: parse_duration(given) if isinstance(given, str) else given),
    Field(gt=timedelta(0)),
    WithJsonSchema({"type": "string", "pattern": r"^\s*\d{1,6}\s*[smhdSMHD]\s*$"}),
]


class ConfigError(Exception):
    """The configuration cannot be used. The message has a line per mistake."""


Secret = Annotated[
    SecretRef,
    BeforeValidator(lambda given: given if isinstance(given, SecretRef) else SecretRef.parse(given)),
    WithJsonSchema({"type": "string", "pattern": PATTERN}),
]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    @model_validator(mode="after")
    def _one_place_each(self) -> Self:
        for name in type(self).model_fields:
            if getattr(self, name) is not None and getattr(self, f"{name}_file", None) is not None:
                raise ValueError(f"the secret is in {name} or in {name}_file, not in both")
        return self

    def place_of(self, name: str) -> SecretRef | None:
        """Where the secret of that name is, as `name` or `name_file` says; None where neither does."""
        file: Path | None = getattr(self, f"{name}_file")
        given: SecretRef | None = getattr(self, name)
        return given if file is None else SecretRef("file", str(file))


class Group(_Section):
    """An Entra group by object id; the name is for showing whom to ask."""

    id: str = Field(pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")
    """The group's object id in Entra, such as 0c2b1f7e-5a3d-4c6b-9e8f-7a6b5c4d3e2f."""
    name: str = ""
    """What the group is called, for saying whom to ask."""


class TeamRoster(_Section):
    """A team whose owners and members have levels: the weaker way, for tenants without Graph permissions.

    `id` is the team's own conversation id (19:…@thread.tacv2). Any owner of the team can then give a level to anybody.
    """

    id: str = Field(min_length=1)
    """The team's own conversation id: 19:…@thread.tacv2."""
    owners: Literal["viewer", "operator", "approver", "admin"] = "admin"
    """The level of the team's owners."""
    members: Literal["", "viewer", "operator", "approver", "admin"] = "viewer"
    """The level of its members; empty for none."""
    service_url: str = "https://smba.trafficmanager.net/teams/"
    """Where Teams is asked who is in the team."""


class AccessSettings(_Section):
    """Which groups may do what. Each level includes those below it; nobody is in by default."""

    viewer: tuple[Group, ...] = ()
    """Groups that may look."""
    operator: tuple[Group, ...] = ()
    """Groups that may change, and look."""
    approver: tuple[Group, ...] = ()
    """Groups that may approve others' changes, and all below."""
    admin: tuple[Group, ...] = ()
    """Groups that may do everything, emergencies included."""
    team: TeamRoster | None = None
    """Instead of groups: a team whose owners and members have levels."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.team and any((self.viewer, self.operator, self.approver, self.admin)):
            raise ValueError("either groups or a team give levels, not both")
        return self


class GraphSection(_Section):
    """How Microsoft Graph is asked for memberships. `token_file` stands in for an identity in a sandbox."""

    url: str = "https://graph.microsoft.com"
    """Microsoft Graph's address."""
    identity: Literal["ManagedIdentity", "WorkloadIdentity", "AzureCli", "ClientSecret"] = "ManagedIdentity"
    """As whom Graph is asked."""
    tenant_id: str = ""
    """The tenant, for ClientSecret only."""
    client_id: str = ""
    """Of a user-assigned identity, or of the app."""
    secret: Secret | None = None
    """Where the app's client secret is, for ClientSecret only."""
    secret_file: Path | None = None
    """The same, as the path of a file."""
    token: Secret | None = None
    """Where a ready token is, instead of an identity: for the sandbox."""
    token_file: Path | None = None
    """The same, as the path of a file."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.identity == "ClientSecret" and not (self.tenant_id and self.client_id and self.place_of("secret")):
            raise ValueError("identity ClientSecret needs tenant_id, client_id and secret")
        return self


class AzureSection(_Section):
    """Where the hub's cluster is in Azure. Without `cluster`, what needs Azure says so.

    `token_file` stands in for an identity in a sandbox.
    """

    url: str = "https://management.azure.com"
    """Azure Resource Manager's address."""
    subscription_id: str = ""
    """The subscription that the cluster is in."""
    resource_group: str = ""
    """The cluster's resource group."""
    cluster: str = ""
    """The cluster's name; without one, what needs Azure is off."""
    identity: Literal["ManagedIdentity", "WorkloadIdentity", "AzureCli"] = "ManagedIdentity"
    """As whom Azure is asked."""
    client_id: str = ""
    """Of a user-assigned identity."""
    token: Secret | None = None
    """Where a ready token is, instead of an identity: for the sandbox."""
    token_file: Path | None = None
    """The same, as the path of a file."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.cluster and not (self.subscription_id and self.resource_group):
            raise ValueError("a cluster needs subscription_id and resource_group")
        return self


class KeyVaultSection(_Section):
    """As whom secrets are read from Azure Key Vault: as the identity of `azure`, unless another is named.

    `token_file` stands in for an identity in a sandbox.
    """

    identity: Literal["", "ManagedIdentity", "WorkloadIdentity", "AzureCli"] = ""
    """As whom key vaults are asked; empty: as the identity of azure."""
    client_id: str = ""
    """Of a user-assigned identity, if not azure's."""
    token_file: Path | None = None
    """The file of a ready token, instead of an identity: for the sandbox."""


class RegistrySection(_Section):
    """Where the users' image is kept, an Azure Container Registry. Without `login_server` no tag is checked.

    The identity is the one of `azure`, and so are subscription and resource group unless they are given; `url` and
    `token_file` stand in for the real address and identity in a sandbox.
    """

    login_server: str = Field(default="", pattern=r"^([a-z0-9]([a-z0-9.-]*[a-z0-9])?)?$")
    """As images' names begin, such as jhub.azurecr.io; without it no tag is checked."""
    url: str = ""
    """Where to reach it, if not https://<login_server>: for the sandbox."""
    name: str = ""
    """Its name in Azure, if not the first part of login_server."""
    subscription_id: str = ""
    """Its subscription, if not azure's."""
    resource_group: str = ""
    """Its resource group, if not azure's."""
    by_digest: bool = False
    """Deploy tag@sha256:…, so that a tag that moves changes nothing."""
    token: Secret | None = None
    """Where a ready token is, instead of azure's identity: for the sandbox."""
    token_file: Path | None = None
    """The same, as the path of a file."""

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
    """The git repository that the users' image is built from, by https; without it nothing can be built."""
    branch: str = "main"
    """What is built where no ref is named."""
    folder: str = Field(default="", pattern=r"^[^:#\s]*$")
    """The build's context, a folder of the repository."""
    dockerfile: str = Field(default="Dockerfile", min_length=1)
    """The Dockerfile's path in that folder."""
    platform: str = Field(default="linux/amd64", pattern=r"^(linux|windows)/[a-z0-9]+$")
    """What the image is built for, such as linux/amd64."""
    repository_token: Secret | None = None
    """Where a token is that may read a private repository."""
    repository_token_file: Path | None = None
    """The same, as the path of a file."""
    notebooks_repository: str = ""
    """A public repository whose notebooks are put into every image that is built."""
    notebooks_branch: str = Field(default="main", min_length=1)
    """Its branch."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.notebooks_repository and not self.repository:
            raise ValueError("notebooks come into an image that is built: that needs repository as well")
        return self


class TeamsSection(_Section):
    """The Azure Bot behind the app. Without an app id the bot serves this machine only, for the Playground."""

    host: str = "127.0.0.1"
    """The address to listen on; without an app_id only this machine's own is accepted."""
    port: int = Field(default=3978, ge=0, le=65535)
    """The port to listen on; 0 is any free one."""
    app_id: str = ""
    """The Azure Bot's Microsoft App ID; without one, only this machine is served."""
    app_type: Literal["SingleTenant", "UserAssignedMSI", "WorkloadIdentity", "AzureCli"] = "SingleTenant"
    """How the app proves who it is."""
    app_secret: Secret | None = None
    """Where the app's client secret is, for SingleTenant only."""
    app_secret_file: Path | None = None
    """The same, as the path of a file."""
    tenants: tuple[str, ...] = ()
    """The tenants that are served, by id; the app's own first."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.app_id and not self.tenants:
            raise ValueError("with an app_id, tenants must name the tenants that are served")
        if self.app_id and self.app_type == "SingleTenant" and self.place_of("app_secret") is None:
            raise ValueError(
                "app_type SingleTenant needs app_secret_file, the path of a file with the secret, or app_secret"
            )
        return self


class KubernetesSettings(_Section):
    """The cluster and namespace of the hub. Without a kubeconfig the pod's own service account is used."""

    kubeconfig: Path | None = None
    """The path of a kubeconfig; without one, the pod's service account."""
    context: str | None = None
    """Its context, if not the current one."""
    namespace: str = "jhub"
    """The namespace of the hub."""


class ReleaseSettings(_Section):
    """The Helm release. `chart` is a folder, or a name in `repository`."""

    name: str = "jupyterhub"
    """The Helm release's name."""
    chart: str = "jupyterhub"
    """A name in the repository, an oci:// reference, or a folder (repository: null)."""
    repository: str | None = "https://hub.jupyter.org/helm-chart/"
    """The chart's repository; null for a folder or an oci:// reference."""
    timeout: Duration = timedelta(minutes=10)
    """How long helm waits for each phase."""


class TokenSecret(_Section):
    """A key of a Secret in the hub's namespace: as it is, the one in which the chart keeps the bot's token."""

    name: str = Field(default="hub", pattern=r"^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$")
    """The Secret's name."""
    key: str = Field(default="hub.services.jhub-bot.apiToken", pattern=r"^[-._a-zA-Z0-9]{1,253}$")
    """The key in it."""


class HubSettings(_Section):
    """The hub's REST API, as the bot reaches it, and where its token is: in a file, or in the chart's own Secret.

    The latter is for a bot that installs the hub: there is no token before.
    """

    url: str = "http://hub.jhub.svc.cluster.local:8081"
    """The hub's REST API, as the bot reaches it."""
    token: Secret | None = None
    """Where the bot's token for the hub is."""
    token_file: Path | None = None
    """The same, as the path of a file."""
    token_secret: TokenSecret | None = None
    """Instead: the Secret in which the chart keeps the token."""

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if self.place_of("token") and self.token_secret:
            raise ValueError("the token is in token_file (or token) or in token_secret, not in both")
        return self


class PublicSettings(_Section):
    """The address that users open, and what its certificate depends on.

    `address`, `http_port`, `nameserver` ("address:port") and `trust_file` are for reaching it and trusting it in a
    sandbox.
    """

    host: str = ""
    """What users open; its certificate is looked at."""
    port: int = Field(default=443, ge=1, le=65535)
    """Its port for https."""
    http_port: int = Field(default=80, ge=1, le=65535)
    """Where Let's Encrypt's challenges arrive."""
    address: str | None = None
    """Where to reach it, if not by its name."""
    trust_file: Path | None = None
    """The only authorities to trust, as PEM, if not the system's."""
    nameserver: str = ""
    """The name server to ask, as address:port, if not the system's."""
    acme_directory: str = "https://acme-v02.api.letsencrypt.org/directory"
    """Who issues the certificate: the directory of its ACME service."""


class ValuesSection(_Section):
    """Where the hub's values are written down: in the release, in a file, or in a file of a git repository.

    `file` is a path on this machine, or in the repository. A commit's author is who asked for it, at `author_email`
    with their object id in place of `{object_id}`; the bot is its committer. `secrets` names a text of values, in
    the form of the file, for what neither that nor the release has: the client secret at a first installation.
    """

    home: Literal["release", "file", "git"] = "release"
    """Where the hub's values are written down."""
    file: str = Field(default="config.yaml", min_length=1)
    """Their path, on this machine or in the repository."""
    repository: str = ""
    """For git: the repository, by https."""
    branch: str = Field(default="main", pattern=r"^[A-Za-z0-9_-]+([./][A-Za-z0-9_-]+)*$", max_length=200)
    """For git: its branch."""
    token: Secret | None = None
    """For git: where a token is that may read and push."""
    token_file: Path | None = None
    """The same, as the path of a file."""
    author_email: str = Field(default="{object_id}@jhub-bot.invalid", pattern=r"^[^\s@<>]+@[^\s@<>]+$")
    """The address of who asked for a change, with {object_id} for their object id."""
    committer_name: str = Field(default="JupyterHub bot", min_length=1, max_length=100)
    """The committer of every change."""
    committer_email: str = Field(default="jhub-bot@jhub-bot.invalid", pattern=r"^[^\s@<>]+@[^\s@<>]+$")
    """The committer's address."""
    secrets: Secret | None = None
    """For file and git: where values are that the release does not have (yet), such as the client secret."""
    secrets_file: Path | None = None
    """The same, as the path of a file."""

    @model_validator(mode="after")
    def _used(self) -> Self:
        if self.home == "release" and self.place_of("secrets") is not None:
            raise ValueError("secrets (or secrets_file) goes with home file or git: a release has its own secrets")
        return self


class LoginSection(_Section):
    """Where Entra's token endpoint is, at which a new client secret is proven before the old one is removed."""

    url: str = "https://login.microsoftonline.com"
    """Where Entra's login is."""


class ApprovalRule(_Section):
    """What one command needs beyond what it asks for by itself. Nothing here can make it need less."""

    approvals: int = Field(default=0, ge=0, le=5)
    """So many approvals by others."""
    confirm: bool = False
    """The one who asked must confirm."""
    reason: bool = False
    """A reason must be given."""


class ApprovalSettings(_Section):
    """How long a question waits for its answer, how long an emergency for its veto, and what needs more than usual."""

    expiry: Duration = timedelta(minutes=30)
    """How long a question waits for its answer."""
    emergency_delay: Duration = timedelta(minutes=5)
    """How long any approver can stop an emergency."""
    policy: dict[str, ApprovalRule] = {}
    """What a command needs beyond what it asks for by itself, by the command's name."""


class LogSection(_Section):
    """How log lines look, and from which level on there are any. `--log-level` is above the latter."""

    format: Literal["readable", "json"] = "readable"
    """One line for people, or one JSON object, per record."""
    level: Literal["debug", "info", "warning", "error"] = "info"
    """The least that is written."""


class MetricsSection(_Section):
    """Where Prometheus reads what the bot counts, at /metrics: a port of its own, never the one that Teams reaches.

    Port 0 is none.
    """

    host: str = "127.0.0.1"
    """The address to listen on."""
    port: int = Field(default=0, ge=0, le=65535)
    """The port to listen on; 0 is none."""


class TelemetrySection(_Section):
    """Where traces are sent: the base address of an OpenTelemetry receiver (OTLP over HTTP); nowhere where it is empty.

    It has no password: headers with one are given by OpenTelemetry's own variables.
    """

    otlp_endpoint: str = Field(default="", pattern=r"^(https?://[^\s/@?#]+(/[^\s@?#]*)?)?$")
    """The receiver's base address, such as http://collector:4318; empty for no traces."""


class StoreSection(_Section):
    """Where the bot keeps its records. Without a url: SQLite files in `state_dir`.

    `url_file` holds an address such as postgresql://user:password@host/name; several replicas share the work then,
    each under its own `replica` name, which it keeps when it is started again (a StatefulSet's pod name).
    """

    url: Secret | None = None
    """Where the address of a PostgreSQL database is (postgresql://…); without it SQLite in state_dir."""
    url_file: Path | None = None
    """The same, as the path of a file."""
    schema_name: str = Field(default="", pattern=r"^([a-z_][a-z0-9_]{0,30})?$")
    """The PostgreSQL schema of the records, made where it is missing; empty for the one that the user has."""
    replica: str = Field(default="bot-0", pattern=r"^[A-Za-z0-9_.-]{1,100}$")
    """This process among those that share the database; stays the same when it restarts."""
    silence: Duration = timedelta(minutes=1)
    """After so long without a sign a replica's work is taken over."""


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


Holiday = Annotated[
    Holidays,
    BeforeValidator(lambda given: given if isinstance(given, Holidays) else _holidays(given)),
    WithJsonSchema({"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}(\s*\.\.\s*\d{4}-\d{2}-\d{2})?$"}),
]


class StorageSection(_Section):
    """Users' homes: how long snapshots are kept, and when the expired ones are removed (cron, UTC)."""

    snapshot_retention: Duration = timedelta(days=14)
    """How long snapshots of deleted homes are kept."""
    expire_at: str = Field(default="17 3 * * *", pattern=r"^[\d*/,-]+( [\d*/,-]+){4}$")
    """When expired ones are removed: a cron line, UTC."""


class SchedulesSection(_Section):
    """Schedules: the time zone their cron lines are in, days on which nothing runs, how long before it is announced.

    A holiday is a day, or two with two dots between (2026-12-24..2027-01-01).
    """

    timezone: Annotated[str, AfterValidator(_zone)] = "UTC"
    """The time zone of cron lines and holidays, by its IANA name."""
    holidays: tuple[Holiday, ...] = ()
    """Days on which nothing runs by itself: 2026-12-25, or 2026-12-24..2027-01-01."""
    notice: Duration = timedelta(minutes=15)
    """How long before it runs a time is announced."""


QuietHours = Annotated[
    Hours,
    BeforeValidator(lambda given: given if isinstance(given, Hours) else Hours.parse(given)),
    WithJsonSchema({"type": "string", "pattern": r"^\s*\d{2}:\d{2}\s*[-–]\s*\d{2}:\d{2}\s*$"}),
]


class ChannelSection(_Section):
    """What one conversation wants to hear, above what was typed in it; null where that counts."""

    min: Literal["note", "warning", "critical"] | None = None
    """The least severity that is told here."""
    only: tuple[str, ...] | None = None
    """The watchers that are told here, by name."""
    quiet: QuietHours | None = None
    """Hours in which only what is critical is told here."""


class AlertsSection(_Section):
    """What the bot says by itself. Quiet hours ("22:00-07:00", in `timezone`) let through what is critical.

    `heartbeat_url_file` holds the secret address of a dead-man's switch, asked each minute while the bot watches.
    """

    enabled: bool = True
    """Whether the bot watches, and says what it finds."""
    heartbeat_url: Secret | None = None
    """Where the address of a dead-man's switch is, asked each minute while the bot watches."""
    heartbeat_url_file: Path | None = None
    """The same, as the path of a file."""
    quiet: QuietHours | None = None
    """Hours in which only what is critical is told, such as 22:00-07:00; null for none."""
    timezone: Annotated[str, AfterValidator(_zone)] = "UTC"
    """The time zone of all quiet hours, by its IANA name."""
    channels: dict[str, ChannelSection] = {}
    """What a conversation wants to hear, by its id: above what was typed there."""


class LimitsSection(_Section):
    """What one caller may type and press: `burst` at once, `per_minute` over time. 0 a minute is no limit."""

    per_minute: int = Field(default=60, ge=0, le=10_000)
    """How much one caller may type and press in a minute, over time; 0 for no limit."""
    burst: int = Field(default=20, ge=1, le=10_000)
    """How much of it at once."""


WeeklyTime = Annotated[
    Weekly,
    BeforeValidator(lambda given: given if isinstance(given, Weekly) else Weekly.parse(given)),
    WithJsonSchema(
        {
            "anyOf": [
                {
                    "type": "string",
                    "pattern": r"^\s*([Mm]on|[Tt]ue|[Ww]ed|[Tt]hu|[Ff]ri|[Ss]at|[Ss]un)[a-z]*\s+\d{2}:\d{2}\s*$",
                },
                {"enum": ["off", "", False]},
            ]
        }
    ),
]


class ReportSection(_Section):
    """The weekly digest in every conversation that gets alerts: `weekly` is "Mon 09:00", or off."""

    weekly: WeeklyTime | None = None
    """When the digest is posted, such as Mon 09:00; off for never."""
    timezone: Annotated[str, AfterValidator(_zone)] = "UTC"
    """Its time zone, by its IANA name."""

    @model_validator(mode="before")
    @classmethod
    def _off(cls, given: object) -> object:
        # YAML reads a bare off as false.
        if isinstance(given, dict) and given.get("weekly") in (False, "off", ""):
            return {**given, "weekly": None}
        return given


Price = Annotated[
    Decimal,
    Field(ge=0, le=10_000),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0, "maximum": 10_000},
                {"type": "string", "pattern": r"^\d+(\.\d+)?$"},
            ]
        }
    ),
]


class CostSection(_Section):
    """What a node costs in an hour, by the size of its machine."""

    currency: str = Field(default="EUR", pattern=r"^[A-Z]{3}$")
    """Three letters, such as EUR."""
    prices: dict[str, Price] = {}
    """What a node costs in an hour, by the size of its machine."""


HubName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,19}$")]


class FurtherHub(_Section):
    """A hub beside the first one. A section that is given here stands, whole, in the place of the one of that name.

    Its records are its own, and so is a heartbeat: `alerts.heartbeat_url` of the first hub says nothing of this one.
    """

    channels: tuple[str, ...] = ()
    """The conversations in which this hub is meant where a command names none, by their ids."""
    kubernetes: KubernetesSettings | None = None
    """The cluster and namespace of this hub."""
    release: ReleaseSettings | None = None
    """Its Helm release."""
    hub: HubSettings | None = None
    """Its REST API."""
    public: PublicSettings | None = None
    """Its public address."""
    access: AccessSettings | None = None
    """Who may do what with it."""
    login: LoginSection | None = None
    """Where its users log in."""
    values: ValuesSection | None = None
    """Where its config.yaml lives."""
    azure: AzureSection | None = None
    """Its cluster in Azure."""
    registry: RegistrySection | None = None
    """The registry of its users' image."""
    image: ImageSection | None = None
    """What its users' image is built from."""
    approvals: ApprovalSettings | None = None
    """What it takes to change it."""
    storage: StorageSection | None = None
    """Its users' homes."""
    schedules: SchedulesSection | None = None
    """Its schedules."""
    cost: CostSection | None = None
    """What its nodes cost."""
    alerts: AlertsSection | None = None
    """What is said of it without being asked."""
    report: ReportSection | None = None
    """Its weekly digest."""


class Settings(BaseSettings):
    """Everything that can be set."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        nested_model_default_partial_update=True,
        use_attribute_docstrings=True,
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
    key_vault: KeyVaultSection = KeyVaultSection()
    registry: RegistrySection = RegistrySection()
    image: ImageSection = ImageSection()
    approvals: ApprovalSettings = ApprovalSettings()
    store: StoreSection = StoreSection()
    storage: StorageSection = StorageSection()
    schedules: SchedulesSection = SchedulesSection()
    cost: CostSection = CostSection()
    alerts: AlertsSection = AlertsSection()
    report: ReportSection = ReportSection()
    log: LogSection = LogSection()
    metrics: MetricsSection = MetricsSection()
    telemetry: TelemetrySection = TelemetrySection()
    limits: LimitsSection = LimitsSection()
    hub_name: HubName = "main"
    """What the first hub is called where there are others: the one that all sections outside `hubs` are about."""
    hubs: dict[HubName, FurtherHub] = {}
    """Further hubs by their names, each with what differs from the first one."""
    state_dir: Path = Path(".jhub-bot")
    """The bot's records (SQLite) and helm's caches: a folder that outlives the process."""

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if self.metrics.port and self.metrics.port == self.teams.port:
            raise ValueError("metrics.port must be another than teams.port: what Teams reaches, everybody does")
        return self

    @model_validator(mode="after")
    def _told_apart(self) -> Self:
        if self.hub_name in self.hubs:
            raise ValueError(f"hubs: {self.hub_name} is the first hub's name (hub_name)")
        channels = Counter(channel for hub in self.hubs.values() for channel in dict.fromkeys(hub.channels))
        if twice := [channel for channel, count in channels.items() if count > 1]:
            raise ValueError(f"hubs: {', '.join(twice)} is a channel of more than one hub")
        same_of = (("release", _release), ("hub.url", _api), ("values", _home), ("namespace", _namespace))
        for what, same in same_of:
            if twice := _alike(self, same):
                raise ValueError(f"hubs: {' and '.join(twice)} have the same {what}: each needs its own")
        return self

    @property
    def hub_names(self) -> tuple[str, ...]:
        """All hubs, the first one first."""
        return (self.hub_name, *self.hubs)

    def of(self, hub: str) -> Self:
        """The settings of one hub alone, with a place for its own records. Raises KeyError for an unknown name."""
        if hub == self.hub_name:
            return self
        further = self.hubs[hub]
        given = {name: value for name in type(further).model_fields if (value := getattr(further, name)) is not None}
        del given["channels"]
        alerts = self.alerts.model_copy(update={"heartbeat_url": None, "heartbeat_url_file": None})
        schema = f"{self.store.schema_name or 'jhub_bot'}_{hub.replace('-', '_')}"
        own = {
            "hub_name": hub,
            "hubs": {},
            "state_dir": self.state_dir / "hubs" / hub,
            "store": self.store.model_copy(update={"schema_name": schema}),
        }
        return self.model_copy(update={"alerts": alerts, **given, **own})

    def named(self, hub: str | None) -> Self:
        """The settings of the hub that somebody names, of the first one for None. Raises ConfigError."""
        if hub is not None and hub not in self.hub_names:
            raise ConfigError(f"there is no hub {hub}: there are {', '.join(self.hub_names)}")
        return self.of(hub or self.hub_name)

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


def _alike(settings: Settings, what: Callable[[Settings], Hashable]) -> list[str]:
    """The names of two hubs or more of which the same is said; what is None is nobody's."""
    seen: dict[Hashable, list[str]] = {}
    for name in settings.hub_names:
        seen.setdefault(what(settings.of(name)), []).append(name)
    seen.pop(None, None)
    return next((names for names in seen.values() if len(names) > 1), [])


def _release(settings: Settings) -> tuple[Hashable, ...]:
    kubernetes = settings.kubernetes
    return kubernetes.kubeconfig, kubernetes.context, kubernetes.namespace, settings.release.name


def _namespace(settings: Settings) -> Hashable:
    """Where users' homes are, which belong to one hub: the chart's names leave room for one in a namespace."""
    return _release(settings)[:-1]


def _api(settings: Settings) -> Hashable:
    return settings.hub.url.rstrip("/")


def _home(settings: Settings) -> Hashable:
    """What a change of values would write to, where that is not the release."""
    values = settings.values
    return None if values.home == "release" else (values.home, values.repository, values.branch, values.file)


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
        return merged(content)
    except ValidationError as error:
        raise ConfigError("\n".join(_mistakes(error))) from None
    except SettingsError as error:
        # Its own text names the variable's section; the value would be in its cause.
        raise ConfigError(f"a variable {PREFIX}… is not of the form {PREFIX}SECTION__NAME: {error}") from None


def merged(content: Mapping[str, object]) -> Settings:
    """The settings in a mapping with the environment over it. Raises pydantic's ValidationError, SettingsError."""
    return Settings(**yielding(content, variables()))  # type: ignore[arg-type] # pydantic checks what comes from a file


def _check_variables() -> None:
    """A variable for a section that does not exist would be ignored in silence."""
    sections = {name.upper() for name in Settings.model_fields}
    given = [name for name in os.environ if name.upper().startswith(PREFIX)]
    wrong = [name for name in given if name.upper().removeprefix(PREFIX).partition("__")[0] not in sections]
    if wrong:
        known = ", ".join(sorted(sections))
        raise ConfigError(f"{', '.join(sorted(wrong))}: no such section; after {PREFIX} comes one of {known}")


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
        return parse_document(path.read_bytes()).content
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from None
    except DocumentError as error:
        raise ConfigError(f"{path}, line {error.spot.line}, {error}") from None


def _mistakes(error: ValidationError) -> list[str]:
    # The input is left out on purpose: it may be a secret that somebody typed in the wrong place.
    return [f"{'.'.join(str(part) for part in e['loc'])}: {e['msg']}" for e in error.errors(include_input=False)]
