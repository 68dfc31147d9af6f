"""The endpoints of a sandbox: a server on loopback for each service, and files for the tokens that they accept.

Each method returns a part of the JSON that the command line prints.
"""

import contextlib
from pathlib import Path

from aiohttp import web

from sandbox.apiserver.objects.resource_kinds import Json
from sandbox.assembly import Sandbox
from sandbox.azure.acr_tasks_routes import REGISTRY, BuildRoutes, LogStore
from sandbox.azure.arm import CLUSTER, RESOURCE_GROUP, SUBSCRIPTION
from sandbox.azure.arm_routes import ArmRoutes
from sandbox.azure.bot_service import BOT
from sandbox.azure.bot_service_routes import BotServiceRoutes
from sandbox.azure.compute_routes import ComputeRoutes
from sandbox.azure.key_vault_routes import KeyVaultRoutes
from sandbox.azure.managed_cluster_routes import ManagedClusterRoutes
from sandbox.entra.applications import CLIENT_ID
from sandbox.entra.applications_routes import ApplicationsRoutes
from sandbox.entra.directory import ROLES, group_id
from sandbox.entra.directory_routes import DirectoryRoutes
from sandbox.entra.people import PEOPLE, TENANT, Person
from sandbox.entra.people_routes import PeopleRoutes
from sandbox.entra.token_endpoint_routes import TokenEndpointRoutes
from sandbox.faults.control_routes import ControlRoutes
from sandbox.git.config_repository import REPOSITORY as CONFIG_REPOSITORY
from sandbox.git.config_repository_routes import ConfigRepositoryRoutes
from sandbox.git.refs import NOTEBOOKS
from sandbox.git.refs import REPOSITORY as GIT_REPOSITORY
from sandbox.git.refs_routes import GitRefsRoutes
from sandbox.helm import chart_repository, chart_repository_routes
from sandbox.helm.release_history import CHART
from sandbox.internet.acme_routes import AcmeRoutes
from sandbox.internet.dns import Nameserver, listening
from sandbox.internet.tls import Certificates
from sandbox.jupyterhub.config import InstalledTokens
from sandbox.jupyterhub.hub_routes import HubRoutes
from sandbox.lifetime import LOOPBACK, serve
from sandbox.prometheus.query_routes import QueryRoutes
from sandbox.registry.images_routes import ImagesRoutes
from sandbox.scenario import release
from sandbox.scenario.private_files import write_private


class Endpoints:
    """The endpoints of one sandbox. They end with the exit stack; `folder` gets the files."""

    def __init__(self, sandbox: Sandbox, folder: Path, stack: contextlib.AsyncExitStack) -> None:
        self._sandbox = sandbox
        self._folder = folder
        self._stack = stack

    async def open(self, *, empty: bool) -> Json:
        """Start all servers. Return where each service is and with which token, as the command line prints it."""
        sandbox = self._sandbox
        return {
            "empty": empty,
            "api_url": sandbox.api_url,
            "kubeconfig": str(sandbox.kubeconfig.absolute()),
            "namespace": release.NAMESPACE,
            "release": release.RELEASE,
            **await self._charts(),
            "image": release.REPOSITORY,
            "tags": list(release.TAGS),
            **await self._hub(),
            "tenant_id": TENANT,
            "client_id": CLIENT_ID,
            "client_secret_file": self._file("client-secret", sandbox.client_secret),
            **await self._graph(),
            "login_url": await self._serve(TokenEndpointRoutes(sandbox.applications).app()),
            **await self._images(),
            **await self._config(),
            **await self._vault(),
            **await self._azure(),
            **await self._issuance(),
            **await self._prometheus(),
            "control_url": await self._serve(
                ControlRoutes(sandbox.control, sandbox.clock).app(PeopleRoutes(sandbox.directory).routes())
            ),
            "people": [_person(person) for person in PEOPLE],
        }

    async def _charts(self) -> Json:
        """Serve the chart repository; the newest chart is a folder, too."""
        app = web.Application()
        app.add_routes(chart_repository_routes.routes())
        return {
            "chart": chart_repository.NAME,
            "chart_repository": f"{await self._serve(app)}{chart_repository_routes.PATH}",
            "chart_folder": str(CHART),
        }

    async def _hub(self) -> Json:
        """Serve the hub, on plain HTTP for the bot and on TLS for the public."""
        sandbox = self._sandbox
        tokens = InstalledTokens(sandbox.store, release.NAMESPACE)
        hub = HubRoutes(sandbox.store, sandbox.users, tokens, sandbox.sign_in)
        hub_url = await self._serve(hub.app())
        public_url = await self._serve(hub.app(), sandbox.certificates)
        return {
            "hub_url": hub_url,
            "hub_token_file": self._file("hub-token", sandbox.world.bot_token if sandbox.world else ""),
            "public_host": release.HOST,
            "public_address": LOOPBACK,
            "public_port": int(public_url.rpartition(":")[2]),
            "ca_file": self._file("ca.pem", sandbox.certificates.root_pem.decode()),
        }

    async def _graph(self) -> Json:
        """Serve Microsoft Graph, with people's groups and the hub's app registration."""
        people = self._sandbox.directory
        groups = {role: people.groups[group_id(f"jhub-{role}s")] for role in ROLES}
        return {
            "graph_url": await self._serve(
                DirectoryRoutes(people).app(ApplicationsRoutes(self._sandbox.applications).routes())
            ),
            "graph_token_file": self._file("graph-token", people.token),
            "groups": {role: {"id": group.id, "name": group.name} for role, group in groups.items()},
        }

    async def _images(self) -> Json:
        """Serve the registry, and the git repositories that the users' image is built from."""
        builds = self._sandbox.builds
        registry_url = await self._serve(ImagesRoutes(builds.registry).app())
        git_url = await self._serve(GitRefsRoutes(builds.git).app())
        builds.git_url = f"{git_url}/{GIT_REPOSITORY}"
        return {
            "registry_url": registry_url,
            "registry_token_file": self._file("registry-token", builds.registry.tokens.entra),
            "login_server": release.LOGIN_SERVER,
            "registry_name": REGISTRY,
            "image_repository": builds.git_url,
            "notebooks_repository": f"{git_url}/{NOTEBOOKS}",
            "image_repository_token_file": self._file("repository-token", builds.git.token),
        }

    async def _config(self) -> Json:
        """Serve the git repository of the hub's values, for a bot that is configured to keep them there."""
        config = self._sandbox.config
        return {
            "config_repository": f"{await self._serve(ConfigRepositoryRoutes(config).app())}/{CONFIG_REPOSITORY}",
            "config_repository_token_file": self._file("config-token", config.token),
        }

    async def _vault(self) -> Json:
        """Serve the key vault with some of the bot's secrets."""
        vault = self._sandbox.vault
        return {
            "vault_url": await self._serve(KeyVaultRoutes(vault).app()),
            "vault_token_file": self._file("vault-token", vault.token),
        }

    async def _azure(self) -> Json:
        """Serve Azure Resource Manager, with the subscription of the cluster and the registry."""
        sandbox = self._sandbox
        log_url = await self._serve(LogStore(sandbox.builds).app())
        routes = [
            *ManagedClusterRoutes(sandbox.managed_cluster).routes(),
            *ComputeRoutes(sandbox.managed_cluster).routes(),
            *AcmeRoutes(sandbox.issuance).routes(),
            *BuildRoutes(sandbox.builds, log_url).routes(),
            *BotServiceRoutes(sandbox.bot).routes(),
        ]
        return {
            "azure_url": await self._serve(ArmRoutes(sandbox.arm).app(routes)),
            "azure_token_file": self._file("azure-token", sandbox.arm.token),
            "subscription_id": SUBSCRIPTION,
            "resource_group": RESOURCE_GROUP,
            "cluster": CLUSTER,
            "bot": BOT,
        }

    async def _issuance(self) -> Json:
        """Serve what the hub's certificate depends on: port 80, Let's Encrypt, the name server of the domain."""
        acme = AcmeRoutes(self._sandbox.issuance)
        plain, authority = await self._serve(acme.port80()), await self._serve(acme.authority())
        transport, port = await listening(Nameserver(release.HOST, self._sandbox.issuance), LOOPBACK)
        self._stack.callback(transport.close)
        return {
            "http_port": int(plain.rpartition(":")[2]),
            "acme_directory": f"{authority}/directory",
            "nameserver": f"{LOOPBACK}:{port}",
        }

    async def _prometheus(self) -> Json:
        """Serve Prometheus, which has the metrics of this cluster and of another."""
        prometheus = self._sandbox.prometheus
        return {
            "prometheus_url": await self._serve(QueryRoutes(prometheus).app()),
            "prometheus_token_file": self._file("prometheus-token", prometheus.token),
        }

    async def _serve(self, app: web.Application, certificates: Certificates | None = None) -> str:
        return await serve(self._stack, app, certificates=certificates)

    def _file(self, name: str, text: str) -> str:
        """Write a file that only its owner may read. Return its absolute path."""
        path = self._folder / name
        write_private(path, text)
        return str(path.absolute())


def _person(person: Person) -> dict[str, str]:
    return {
        "role": person.role,
        "id": person.id,
        "name": person.name,
        "upn": person.upn,
        "aad_object_id": person.object_id,
    }
