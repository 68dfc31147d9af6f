"""Settings of the hub: Kubernetes, the Helm release, its values, its address and its login."""

from datetime import timedelta
from pathlib import Path
from typing import Final, Literal, Self

from pydantic import (
    Field,
    model_validator,
)

from bot.config.types import CronLine, Duration, HelmChoice, Secret, Section, Size


class KubernetesSettings(Section):
    """The cluster and namespace of the hub. Without a kubeconfig, the pod's own service account is used."""

    kubeconfig: Path | None = None
    """The path of a kubeconfig; without it, the pod's service account is used."""
    context: str | None = None
    """The context in the kubeconfig, if it is not the current one."""
    namespace: str = "jhub"
    """The namespace of the hub."""


# What helm takes as the name of a release.
LONGEST_RELEASE: Final = 53


class ReleaseSettings(Section):
    """The Helm release. `chart` is a folder, or a name in `repository`."""

    name: str = "jupyterhub"
    """The name of the Helm release."""
    chart: str = "jupyterhub"
    """The chart: a name in the repository, an oci:// reference, or a folder (with repository: null)."""
    repository: str | None = "https://hub.jupyter.org/helm-chart/"
    """The chart's repository; null for a folder or an oci:// reference."""
    timeout: Duration = timedelta(minutes=10)
    """How long helm waits for each phase."""
    helm: HelmChoice | None = None
    """Which helm runs: 3, 4, or a path; without it the best there is (docs/running.md, Helm)."""


class TokenSecret(Section):
    """A key of a Secret in the hub's namespace. The default is where the chart stores the bot's token."""

    name: str = Field(default="hub", pattern=r"^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$")
    """The Secret's name."""
    key: str = Field(default="hub.services.jhub-bot.apiToken", pattern=r"^[-._a-zA-Z0-9]{1,253}$")
    """The key in the Secret."""


class HubSettings(Section):
    """The address of the hub's REST API and its token, which is in a file or in the chart's own Secret.

    The Secret is for a bot that installs the hub: before that, there is no token.
    """

    url: str = "http://hub.jhub.svc.cluster.local:8081"
    """The address at which the bot reaches the hub's REST API."""
    services_url: str = ""
    """The address behind which the hub's services are, without /services; https:// and `public.host` if empty."""
    token: Secret | None = None
    """Where the bot's token for the hub is stored."""
    token_file: Path | None = None
    """The same, as a file path."""
    token_secret: TokenSecret | None = None
    """Instead of token: the Secret in which the chart stores it."""

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if self.place_of("token") and self.token_secret:
            raise ValueError("set token_file (or token) or token_secret, not both")
        return self


class PublicSettings(Section):
    """The address that users open, and the services that its certificate depends on.

    `address`, `http_port`, `nameserver` ("address:port") and `trust_file` are for a sandbox, which is reached and
    trusted differently.
    """

    host: str = ""
    """The host name that users open, and whose certificate the bot checks."""
    port: int = Field(default=443, ge=1, le=65535)
    """The port for HTTPS."""
    http_port: int = Field(default=80, ge=1, le=65535)
    """The port at which Let's Encrypt's challenges arrive."""
    address: str | None = None
    """The address to connect to, if it is not the one of the host name."""
    trust_file: Path | None = None
    """A PEM file of the only authorities to trust, instead of the system's."""
    nameserver: str = ""
    """The name server to query, as address:port, instead of the system's."""
    acme_directory: str = "https://acme-v02.api.letsencrypt.org/directory"
    """The ACME directory of the certificate's issuer."""


class ValuesSection(Section):
    """Where the hub's values are stored: in the release, in a file, or in a file in a git repository.

    `file` is a path on this machine or in the repository. The author of a commit is the person who asked for it, with
    the address `author_email` and their object id in place of `{object_id}`; the bot is the committer. `secrets` names
    further values, in the format of the file, that neither the file nor the release has: the client secret at a first
    installation.
    """

    home: Literal["release", "file", "git"] = "release"
    """Where the hub's values are stored."""
    file: str = Field(default="config.yaml", min_length=1)
    """The path of the values' file, on this machine or in the repository."""
    repository: str = ""
    """For git: the https address of the repository."""
    branch: str = Field(default="main", pattern=r"^[A-Za-z0-9_-]+([./][A-Za-z0-9_-]+)*$", max_length=200)
    """For git: the branch."""
    token: Secret | None = None
    """For git: where a token that can read and push is stored."""
    token_file: Path | None = None
    """The same, as a file path."""
    author_email: str = Field(default="{object_id}@jhub-bot.invalid", pattern=r"^[^\s@<>]+@[^\s@<>]+$")
    """The e-mail address of a commit's author; {object_id} stands for the object id of the person who asked."""
    committer_name: str = Field(default="JupyterHub bot", min_length=1, max_length=100)
    """The committer's name."""
    committer_email: str = Field(default="jhub-bot@jhub-bot.invalid", pattern=r"^[^\s@<>]+@[^\s@<>]+$")
    """The committer's e-mail address."""
    secrets: Secret | None = None
    """For file and git: where values that the release does not have (yet) are stored, such as the client secret."""
    secrets_file: Path | None = None
    """The same, as a file path."""

    @model_validator(mode="after")
    def _used(self) -> Self:
        if self.home == "release" and self.place_of("secrets") is not None:
            raise ValueError("secrets (or secrets_file) is for home file or git: a release has its own secrets")
        return self


class HubClassesSection(Section):
    """JupyterHub's own classes, which check the hub's values before they are deployed. They are loaded, never started.

    Each Python has an environment with `jupyterhub`, `jupyterhub-kubespawner` and `oauthenticator`; the one whose
    JupyterHub is nearest to the chart's is asked. The image has one, which is used if none is given.
    """

    pythons: tuple[Path, ...] = ()
    """The paths of the Pythons that have them, one for each version of JupyterHub."""


class LoginSection(Section):
    """Entra's token endpoint, at which a new client secret is tested before the old one is removed."""

    url: str = "https://login.microsoftonline.com"
    """The address of Entra's login."""


class StorageSection(Section):
    """Users' homes: how long snapshots are kept, when expired ones are removed (cron, UTC), how far homes may grow."""

    snapshot_retention: Duration = timedelta(days=14)
    """How long snapshots of deleted homes are kept."""
    expire_at: CronLine = "17 3 * * *"
    """When expired snapshots are removed, as a cron line in UTC."""
    grow_limit: Size = "100Gi"
    """Up to which size one operator may enlarge a home; more needs an approval. 0 for no such limit."""
    grow_factor: int = Field(default=4, ge=0, le=1000)
    """How many times its size one operator may enlarge a home; more needs an approval. 0 for no such limit."""
    ask_pause: Duration = timedelta(days=1)
    """How long somebody whose request for a larger home was decided waits before the next one."""
