"""The connection to an API server, from a kubeconfig or a pod's service account."""

import asyncio
from pathlib import Path
from typing import Any

from kubernetes.aio.client.api_client import ApiClient
from kubernetes.aio.client.configuration import Configuration
from kubernetes.aio.config import ConfigException, incluster_config, kube_config
from yaml import YAMLError

from clients.errors import Unavailable
from clients.http import session_options
from clients.instrumentation import TRACEPARENT
from clients.kube.api import SYSTEM, KubeApi

_UNUSABLE = (ConfigException, YAMLError, OSError, ValueError, TypeError, LookupError, AttributeError)


async def connect(kubeconfig: Path | None, context: str | None = None, *, timeout: float = 5.0) -> KubeApi:  # noqa: ASYNC109 - bounds later calls, not this one
    """Prepare a connection; no request is sent yet.

    Without `kubeconfig` the service account of the pod is used. A kubeconfig's `exec` plugin is run here and again
    whenever its token has expired. Raise Unavailable when there are no usable credentials.
    """
    try:
        client = await asyncio.to_thread(_prepare, kubeconfig, context)
    except _UNUSABLE as error:
        where = "no usable kubeconfig" if kubeconfig else "no service account: not inside a cluster?"
        raise Unavailable(SYSTEM, f"cannot be queried: {where}") from error
    return KubeApi(client, timeout=timeout)


def _prepare(kubeconfig: Path | None, context: str | None) -> ApiClient:
    # In a thread of its own: reading files, starting plugins and loading trust stores would hold up the loop.
    settings = Configuration()
    if kubeconfig is None:
        incluster_config.load_incluster_config(settings)  # type: ignore[no-untyped-call] # not annotated there
    else:
        asyncio.run(_load(kubeconfig, context, settings))
    # Certificates that kubectl accepts, made by older tools, would be refused from Python 3.13 on.
    settings.disable_strict_ssl_verification = True
    settings.client_session_kwargs = session_options("kubernetes", settings.host, TRACEPARENT)
    return ApiClient(settings)


async def _load(kubeconfig: Path, context: str | None, settings: Configuration) -> None:
    loader = await kube_config.load_kube_config(  # type: ignore[no-untyped-call] # not annotated there
        config_file=str(kubeconfig), context=context, client_configuration=settings, persist_config=False
    )
    if hasattr(loader, "exec_plugin_expiry"):
        settings.refresh_api_key_hook = _refresher(loader)


def _refresher(loader: kube_config.KubeConfigLoader) -> Any:  # noqa: ANN401 - the type of an SDK's hook
    running: asyncio.Lock | None = None

    async def refresh(settings: Configuration) -> None:
        nonlocal running
        running = running or asyncio.Lock()
        async with running:
            await loader.load_from_exec_plugin()  # type: ignore[no-untyped-call] # not annotated there
        settings.api_key["BearerToken"] = loader.token

    return refresh
