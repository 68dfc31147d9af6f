"""The HTTP API of one Prometheus: instant queries, by GET and by POST.

After Prometheus 2.42, web/api/v1/api.go; as Azure Monitor's managed service it wants a bearer token, and one metric a
query.
"""

import asyncio
import math
import re
from collections.abc import Mapping
from typing import Final

from aiohttp import web

from sandbox.apiserver.objects.resource_kinds import Json
from sandbox.http.outage import Handler, hang_up
from sandbox.prometheus.errors import BAD_DATA, QueryError, refusal
from sandbox.prometheus.evaluation import Vector, evaluate
from sandbox.prometheus.promql import parse
from sandbox.prometheus.scraper import Prometheus

_SLOW_SECONDS: Final = 30.0
_WARNING: Final = "remote read: 1 of 2 stores did not answer: the result is partial"
_VOLUMES: Final = "kubelet_volume_stats_"


class QueryRoutes:
    """The routes of one Prometheus."""

    def __init__(self, prometheus: Prometheus) -> None:
        self._prometheus = prometheus

    def app(self) -> web.Application:
        """Return an application to be served on loopback."""
        app = web.Application(middlewares=[self._misbehave])
        app.add_routes([web.get("/api/v1/query", self._query), web.post("/api/v1/query", self._query)])
        return app

    @web.middleware
    async def _misbehave(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        match self._prometheus.fault:
            case "slow":
                await asyncio.sleep(_SLOW_SECONDS)
            case "absent":
                return hang_up(request)
            case "denied":
                return refusal(403, "forbidden", "The caller has no permission to read the workspace's data.")
            case "wrong":
                return web.json_response({"unexpected": True})
        if request.headers.get("Authorization") != f"Bearer {self._prometheus.token}":
            return refusal(401, "unauthorized", "Access token is empty or invalid.")
        return await handler(request)

    async def _query(self, request: web.Request) -> web.StreamResponse:
        given = await request.post() if request.method == "POST" else request.query
        try:
            at = self._moment(given)
            expression = str(given.get("query", ""))
            if self._prometheus.fault == "bare":
                expression = expression.replace(_VOLUMES, f"dropped_{_VOLUMES}")
            vector = evaluate(self._prometheus.series, parse(expression), at)
        except QueryError as error:
            return refusal(400, BAD_DATA, str(error))
        return web.json_response(self._answer(vector, at))

    def _moment(self, given: Mapping[str, object]) -> float:
        """Return the time that is asked about, which is counted by the clock of who asks, as the sandbox's own."""
        written = str(given.get("time", ""))
        if not written:
            return self._prometheus.clock.now().timestamp()
        if not re.fullmatch(r"\d{1,12}(\.\d{1,6})?", written):
            raise QueryError(f'invalid parameter "time": cannot parse "{written}" to a valid timestamp')
        return float(written)

    def _answer(self, vector: Vector, at: float) -> Json:
        found = [{"metric": dict(labels), "value": [at, _written(value)]} for labels, value in vector.items()]
        data: Json = {"resultType": "vector", "result": found}
        if self._prometheus.fault != "partial":
            return {"status": "success", "data": data}
        data["result"] = found[: len(found) // 2]
        return {"status": "success", "data": data, "warnings": [_WARNING]}


def _written(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return str(int(value)) if value.is_integer() else repr(value)
