"""Settings: one YAML file, environment variables over it. Secrets only by reference.

A variable is `JHUB_BOT_` and the path with two underscores between: JHUB_BOT_TEAMS__PORT=3978.
"""

from collections import Counter
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Self

from pydantic import (
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bot.config.access import AccessSettings, ApprovalSettings, GraphSection
from bot.config.alerts import AlertsSection
from bot.config.azure import AzureSection, CostSection, ImageSection, KeyVaultSection, RegistrySection
from bot.config.environment import PREFIX
from bot.config.hub import (
    LONGEST_RELEASE,
    HubClassesSection,
    HubSettings,
    KubernetesSettings,
    LoginSection,
    PublicSettings,
    ReleaseSettings,
    StorageSection,
    ValuesSection,
)
from bot.config.hub_tests import HubTestSection
from bot.config.prometheus import PrometheusSection
from bot.config.records import ReportSection, SchedulesSection, StoreSection
from bot.config.teams import LimitsSection, TeamsSection
from bot.config.telemetry import LogSection, MetricsSection, TelemetrySection
from bot.config.types import ConfigError, HubName, Section


class FurtherHub(Section):
    """A further hub. A section that is given here replaces the whole section of that name.

    It has its own records and its own heartbeat: `alerts.heartbeat_url` of the first hub does not cover this one.
    """

    channels: tuple[str, ...] = ()
    """The ids of the conversations in which commands go to this hub unless they name another."""
    kubernetes: KubernetesSettings | None = None
    """The cluster and namespace of this hub."""
    release: ReleaseSettings | None = None
    """Its Helm release. Unnamed in the first hub's cluster, it has the first one's name, a hyphen and this hub's."""
    hub: HubSettings | None = None
    """Its REST API."""
    public: PublicSettings | None = None
    """Its public address."""
    access: AccessSettings | None = None
    """Who may do what with it."""
    login: LoginSection | None = None
    """Where its users log in."""
    values: ValuesSection | None = None
    """Where its values are stored."""
    azure: AzureSection | None = None
    """Its cluster in Azure."""
    registry: RegistrySection | None = None
    """The registry of its users' image."""
    image: ImageSection | None = None
    """What its users' image is built from."""
    approvals: ApprovalSettings | None = None
    """The approvals that changes to it need."""
    storage: StorageSection | None = None
    """Its users' homes."""
    schedules: SchedulesSection | None = None
    """Its schedules."""
    test: HubTestSection | None = None
    """How it is tested."""
    prometheus: PrometheusSection | None = None
    """The Prometheus that knows how full its homes are."""
    cost: CostSection | None = None
    """What its nodes cost."""
    alerts: AlertsSection | None = None
    """Its alerts."""
    report: ReportSection | None = None
    """Its weekly digest."""


class Settings(BaseSettings):
    """All settings of the bot."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
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
    hub_classes: HubClassesSection = HubClassesSection()
    values: ValuesSection = ValuesSection()
    azure: AzureSection = AzureSection()
    key_vault: KeyVaultSection = KeyVaultSection()
    registry: RegistrySection = RegistrySection()
    image: ImageSection = ImageSection()
    approvals: ApprovalSettings = ApprovalSettings()
    store: StoreSection = StoreSection()
    storage: StorageSection = StorageSection()
    schedules: SchedulesSection = SchedulesSection()
    test: HubTestSection = HubTestSection()
    prometheus: PrometheusSection = PrometheusSection()
    cost: CostSection = CostSection()
    alerts: AlertsSection = AlertsSection()
    report: ReportSection = ReportSection()
    log: LogSection = LogSection()
    metrics: MetricsSection = MetricsSection()
    telemetry: TelemetrySection = TelemetrySection()
    limits: LimitsSection = LimitsSection()
    hub_name: HubName = "main"
    """The name of the first hub, which all sections outside `hubs` describe; needed only if there are others."""
    hubs: dict[HubName, FurtherHub] = {}
    """Further hubs by name, each with the sections that differ from the first hub's."""
    state_dir: Path = Path(".jhub-bot")
    """The folder for the bot's records (SQLite) and helm's caches; it must survive a restart."""

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if self.metrics.port and self.metrics.port == self.teams.port:
            raise ValueError(
                "metrics.port must differ from teams.port, because everybody can reach the port that Teams reaches"
            )
        return self

    @model_validator(mode="after")
    def _told_apart(self) -> Self:
        if self.hub_name in self.hubs:
            raise ValueError(f"hubs: {self.hub_name} is already the first hub's name (hub_name)")
        channels = Counter(channel for hub in self.hubs.values() for channel in dict.fromkeys(hub.channels))
        if twice := [channel for channel, count in channels.items() if count > 1]:
            raise ValueError(f"hubs: {', '.join(twice)} is a channel of more than one hub")
        same_of = (("release", _release), ("hub.url", _api), ("values", _home), ("namespace", _namespace))
        for what, same in same_of:
            if twice := _alike(self, same):
                raise ValueError(f"hubs: {' and '.join(twice)} have the same {what}: each needs its own")
        return self

    @model_validator(mode="after")
    def _tested_elsewhere(self) -> Self:
        for name in self.hub_names:
            other = self.of(name).test.passed_on
            if other and (other == name or other not in self.hub_names):
                raise ValueError(f"test.passed_on of {name}: {other} is not another hub of this bot")
        return self

    @property
    def hub_names(self) -> tuple[str, ...]:
        """All hubs, the first one first."""
        return (self.hub_name, *self.hubs)

    def of(self, hub: str) -> Self:
        """Return the settings of one hub, with a place for its own records. Raise KeyError for an unknown name."""
        if hub == self.hub_name:
            return self
        further = self.hubs[hub]
        given = {name: value for name in type(further).model_fields if (value := getattr(further, name)) is not None}
        del given["channels"]
        given["release"] = self._release_of(hub, further)
        alerts = self.alerts.model_copy(update={"heartbeat_url": None, "heartbeat_url_file": None})
        schema = f"{self.store.schema_name or 'jhub_bot'}_{hub.replace('-', '_')}"
        own = {
            "hub_name": hub,
            "hubs": {},
            "state_dir": self.state_dir / "hubs" / hub,
            "store": self.store.model_copy(update={"schema_name": schema}),
        }
        return self.model_copy(update={"alerts": alerts, **given, **own})

    def _release_of(self, hub: str, further: FurtherHub) -> ReleaseSettings:
        """Return a further hub's release. In the first hub's cluster it has a name of its own unless one is given.

        Zero to JupyterHub's templates/scheduling/user-scheduler/rbac.yaml (1.1 to 4.4) names objects of the whole
        cluster after the release: a second one of the same name cannot be installed.
        """
        release = further.release or self.release
        is_named = further.release is not None and "name" in further.release.model_fields_set
        if is_named or cluster_of(further.kubernetes or self.kubernetes) != cluster_of(self.kubernetes):
            return release
        return release.model_copy(update={"name": f"{self.release.name}-{hub}"[:LONGEST_RELEASE].rstrip("-")})

    def named(self, hub: str | None) -> Self:
        """Return the settings of the hub that somebody names, of the first one for None. Raise ConfigError."""
        if hub is not None and hub not in self.hub_names:
            raise ConfigError(f"there is no hub {hub}; choose from {', '.join(self.hub_names)}")
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


def cluster_of(kubernetes: KubernetesSettings) -> Hashable:
    """Return what tells clusters apart, as far as the settings do."""
    return kubernetes.kubeconfig, kubernetes.context


def _alike(settings: Settings, what: Callable[[Settings], Hashable]) -> list[str]:
    """Return the names of two hubs or more for which `what` is the same; hubs for which it is None are left out."""
    seen: dict[Hashable, list[str]] = {}
    for name in settings.hub_names:
        seen.setdefault(what(settings.of(name)), []).append(name)
    seen.pop(None, None)
    return next((names for names in seen.values() if len(names) > 1), [])


def _release(settings: Settings) -> tuple[Hashable, ...]:
    kubernetes = settings.kubernetes
    return cluster_of(kubernetes), kubernetes.namespace, settings.release.name


def _namespace(settings: Settings) -> Hashable:
    """Return the namespace of users' homes: by the chart's names, one namespace holds those of one hub."""
    return _release(settings)[:-1]


def _api(settings: Settings) -> Hashable:
    return settings.hub.url.rstrip("/")


def _home(settings: Settings) -> Hashable:
    """Return what a change of values would write to, None for the release."""
    values = settings.values
    return None if values.home == "release" else (values.home, values.repository, values.branch, values.file)
