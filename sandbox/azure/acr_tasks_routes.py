"""Builds by Azure Resource Manager's REST API, in the shapes of its published examples, and their logs as blobs.

After Microsoft.ContainerRegistry 2025-03-01-preview, the tasks part: runs, and task runs, which are runs by name.
"""

import re
from datetime import datetime
from typing import Final

from aiohttp import web

from sandbox.apiserver.objects.resource_kinds import Json
from sandbox.azure.acr_tasks import Builds, Run
from sandbox.azure.arm import RESOURCE_GROUP, SUBSCRIPTION
from sandbox.azure.arm_routes import body_of
from sandbox.azure.errors import ArmError

REGISTRY: Final = "jhub"
_API: Final = "2025-03-01-preview"
_GROUP: Final = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.ContainerRegistry"
_REGISTRY: Final = _GROUP + "/registries/{registry}"
_RUN: Final = _REGISTRY + "/runs/{run}"
_NAMED: Final = _REGISTRY + "/taskRuns/{name}"
_NAME: Final = re.compile(r"[A-Za-z0-9-]{5,50}")
_ID: Final = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{RESOURCE_GROUP}"
    f"/providers/Microsoft.ContainerRegistry/registries/{REGISTRY}"
)


class BuildRoutes:
    """The routes of one registry's builds. `log_url` is where their logs are served."""

    def __init__(self, builds: Builds, log_url: str) -> None:
        self._builds = builds
        self._log_url = log_url

    def routes(self) -> list[web.RouteDef]:
        """Return the routes for `ArmRoutes.app`."""
        return [
            web.get(_REGISTRY, self._registry),
            web.post(_REGISTRY + "/scheduleRun", self._schedule),
            web.get(_RUN, self._run),
            web.post(_RUN + "/listLogSasUrl", self._link),
            web.post(_RUN + "/cancel", self._cancel),
            web.get(_REGISTRY + "/taskRuns", self._list_named),
            web.get(_NAMED, self._named),
            web.put(_NAMED, self._put_named),
            web.delete(_NAMED, self._delete_named),
            web.put("/_sandbox/next-build", self._fail_next),
            web.put("/_sandbox/registry", self._set_mode),
        ]

    async def _registry(self, _: web.Request) -> web.StreamResponse:
        mode = "AbacRepositoryPermissions" if self._builds.abac else "LegacyRegistryPermissions"
        properties = {"loginServer": f"{REGISTRY}.azurecr.io", "roleAssignmentMode": mode}
        return web.json_response({"id": _ID, "name": REGISTRY, "properties": properties})

    async def _set_mode(self, request: web.Request) -> web.StreamResponse:
        """Let the registry grant access by repository, or by roles on all of it."""
        self._builds.abac = bool((await body_of(request)).get("abac"))
        return web.json_response({"abac": self._builds.abac})

    async def _schedule(self, request: web.Request) -> web.StreamResponse:
        _check(request)
        return web.json_response(_run_model(self._builds.schedule(await body_of(request))))

    async def _run(self, request: web.Request) -> web.StreamResponse:
        return web.json_response(_run_model(self._find(request)))

    async def _link(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"logLink": self._log_url + self._builds.link(self._find(request))})

    async def _cancel(self, request: web.Request) -> web.StreamResponse:
        self._builds.cancel(self._find(request))
        return web.Response(status=200)

    async def _list_named(self, request: web.Request) -> web.StreamResponse:
        _check(request)
        return web.json_response({"value": [self._task_run_model(name) for name in self._builds.named]})

    async def _named(self, request: web.Request) -> web.StreamResponse:
        _check(request)
        return web.json_response(self._task_run_model(request.match_info["name"]))

    async def _put_named(self, request: web.Request) -> web.StreamResponse:
        _check(request)
        given = (await body_of(request)).get("properties") or {}
        name, wanted = request.match_info["name"], given.get("runRequest") or {}
        if not _NAME.fullmatch(name):
            raise ArmError(400, "InvalidTaskRunName", "A name has 5 to 50 letters, digits and hyphens.")
        status = 200 if name in self._builds.named else 201
        self._builds.schedule_as(name, wanted, str(given.get("forceUpdateTag") or ""))
        return web.json_response(self._task_run_model(name), status=status)

    async def _delete_named(self, request: web.Request) -> web.StreamResponse:
        _check(request)
        gone = self._builds.named.pop(request.match_info["name"], None)
        return web.Response(status=204 if gone is None else 200)

    async def _fail_next(self, request: web.Request) -> web.StreamResponse:
        self._builds.fail_next = str((await body_of(request)).get("message"))
        return web.json_response({})

    def _find(self, request: web.Request) -> Run:
        _check(request)
        run = self._builds.runs.get(request.match_info["run"])
        if run is None:
            raise ArmError(404, "RunNotFound", f"The run '{request.match_info['run']}' was not found.")
        return run

    def _task_run_model(self, name: str) -> Json:
        if name not in self._builds.named:
            raise ArmError(404, "TaskRunNotFound", f"The task run '{name}' was not found.")
        wanted, run = self._builds.named[name]
        state = {"Succeeded": "Succeeded", "Canceled": "Canceled"}.get(run.status, "Failed")
        return {
            "id": f"{_ID}/taskRuns/{name}",
            "name": name,
            "type": "Microsoft.ContainerRegistry/registries/TaskRuns",
            "properties": {
                "provisioningState": state if run.ended else "Creating",
                "runRequest": {key: value for key, value in wanted.items() if key != "forceUpdateTag"},
                "runResult": _run_model(run),
            },
        }


class LogStore:
    """The storage account with the logs: whoever has a signed address may read."""

    def __init__(self, builds: Builds) -> None:
        self._builds = builds

    def app(self) -> web.Application:
        """Return an application to be served on loopback."""
        app = web.Application()
        app.add_routes([web.get("/logs/{run}/rawtext.log", self._read)])
        return app

    async def _read(self, request: web.Request) -> web.StreamResponse:
        """Answer with a blob from an offset on, as Azure Blob Storage answers `Range: bytes=N-`."""
        run = self._builds.linked(request.match_info["run"], request.query.get("sig", ""))
        if run is None:
            return web.Response(status=403, text="AuthenticationFailed")
        content, given = run.log.encode(), request.headers.get("Range", "bytes=0-")
        start = given.removeprefix("bytes=").removesuffix("-")
        if not start.isdecimal():
            return web.Response(status=400, text="InvalidHeaderValue")
        if int(start) >= len(content) and int(start) > 0:
            return web.Response(status=416, text="InvalidRange")
        headers = {"Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"}
        return web.Response(status=206, body=content[int(start) :], content_type="text/plain", headers=headers)


def _check(request: web.Request) -> None:
    given = request.match_info
    if request.query.get("api-version") != _API:
        message = f"The api-version '{request.query.get('api-version', '')}' is not supported; it is '{_API}'."
        raise ArmError(400, "InvalidApiVersionParameter", message)
    if given["subscription"].lower() != SUBSCRIPTION:
        raise ArmError(404, "SubscriptionNotFound", f"The subscription '{given['subscription']}' could not be found.")
    if given["group"].lower() != RESOURCE_GROUP:
        raise ArmError(404, "ResourceGroupNotFound", f"Resource group '{given['group']}' could not be found.")
    if given["registry"].lower() != REGISTRY:
        message = f"The Resource 'Microsoft.ContainerRegistry/registries/{given['registry']}' was not found."
        raise ArmError(404, "ResourceNotFound", message)


def _run_model(run: Run) -> Json:
    properties: Json = {
        "runId": run.id,
        "status": run.status,
        "lastUpdatedTime": _moment(run.finished or run.started or run.created),
        "runType": "QuickBuild",
        "createTime": _moment(run.created),
        "platform": run.request["platform"],
        "agentConfiguration": {"cpu": 2},
        "provisioningState": "Succeeded",
        "isArchiveEnabled": False,
    }
    properties |= {"startTime": _moment(run.started)} if run.started else {}
    properties |= {"finishTime": _moment(run.finished)} if run.finished else {}
    properties |= {"runErrorMessage": run.error} if run.error else {}
    if run.pushed:
        properties["outputImages"] = [
            {"registry": f"{REGISTRY}.azurecr.io", "repository": where, "tag": tag.name, "digest": tag.digest}
            for where, tag in run.pushed
        ]
    return {
        "id": f"{_ID}/runs/{run.id}",
        "name": run.id,
        "type": "Microsoft.ContainerRegistry/registries/runs",
        "properties": properties,
    }


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S.%f}0+00:00"
