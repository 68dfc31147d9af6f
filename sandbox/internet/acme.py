"""How the hub gets its certificate, and why not: autohttps tries when it starts, as Traefik does, and no sooner again.

A cause can be switched on (`/_sandbox/cert`): the public endpoint then serves what it would, the log of the pod has
what Traefik would write, and DNS, port 80 and the ACME directory answer accordingly. Restarting autohttps heals it
when the cause is gone, and fails again for the same reason until then.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from aiohttp import web

from sandbox.apiserver.objects.json_objects import list_at
from sandbox.apiserver.objects.resource_kinds import CONFIG_MAP, POD, SECRET, SERVICE, Json
from sandbox.apiserver.storage.store import Store
from sandbox.clock import Clock
from sandbox.http.outage import hang_up
from sandbox.internet.certificate_causes import CAUSES, ELSEWHERE, FORBIDDEN, ISSUING, REFILL, SERVING, complaint
from sandbox.internet.tls import Certificates, Serving

GONE: Final = "gone"
_NEVER: Final = "0.0.0.0"  # noqa: S104 - nothing listens there: it stands for no address
_SECRET: Final = "proxy-public-tls-acme"  # noqa: S105 - the name of one
_CONTROL: Final = "/_sandbox/cert"
_REFUSED_CONTACT: Final = re.compile(rf"email: \S+@{re.escape(FORBIDDEN)}\b")


class Issuance:
    """What stands between the hub and its certificate. `cause` is empty, GONE or one of CAUSES.

    GONE is for a cause that was there: the next start of autohttps gets a certificate. With `once` so does the next
    start whatever the cause.
    """

    def __init__(self, store: Store, clock: Clock, certificates: Certificates, namespace: str, host: str) -> None:
        self._store = store
        self._clock = clock
        self._certificates = certificates
        self._namespace = namespace
        self._host = host
        self._said: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
        self._known: set[str] = set()
        self.cause = ""
        self.once = False
        self.until = clock.now()

    def begin(self, cause: str, *, once: bool = False) -> None:
        """Let `cause` hold from now on. Raises ValueError for one that is not of CAUSES."""
        if cause not in CAUSES:
            raise ValueError(f"a cause is one of {', '.join(CAUSES)}")
        self.cause, self.once, self.until = cause, once, self._clock.now() + REFILL
        self._certificates.switch(SERVING.get(cause, Serving.TRAEFIK_DEFAULT))
        for pod in self._pods():
            self._complain(pod)

    def mend(self) -> None:
        """The cause is gone; what is served stays as it is until autohttps starts again."""
        self.cause = GONE if self.cause else ""

    def heal(self) -> None:
        """All is well again, with a new certificate."""
        self.cause, self.once = "", False
        self._issue()

    @property
    def address(self) -> str:
        """Where the load balancer is."""
        service = self._store.find(SERVICE, self._namespace, "proxy-public") or {}
        ingress = list_at(service, "status", "loadBalancer", "ingress")
        return str(ingress[0].get("ip") or _NEVER) if ingress else _NEVER

    @property
    def resolved(self) -> str:
        """Where the host's name points."""
        return ELSEWHERE if self.cause == "dns" else self.address

    def told(self, pod: Json, container: str) -> Iterable[tuple[datetime, str]]:
        """What a container has said of it, for `container_log`."""
        return self._said.get(pod["metadata"]["uid"], ()) if container == "traefik" else ()

    async def run(self) -> None:
        """Notice each autohttps that starts, until cancelled."""
        self._known = {pod["metadata"]["uid"] for pod in self._pods()}
        if self._known and not self.cause:
            self._keep()
        with self._store.subscribe(POD) as changes:
            async for change in changes:
                if change.type != "DELETED" and change.obj["metadata"]["namespace"] == self._namespace:
                    self._look(change.obj)

    def _look(self, pod: Json) -> None:
        uid = pod["metadata"]["uid"]
        if uid not in self._known and _is_autohttps(pod) and _is_ready(pod):
            self._known.add(uid)
            self._started(pod)

    def _started(self, pod: Json) -> None:
        if self.cause and self._is_gone():
            self.heal()
        elif self.cause:
            self._complain(pod)
        elif self._store.find(SECRET, self._namespace, _SECRET) is None:
            self._first()

    def _is_gone(self) -> bool:
        """Whether nothing stands in the way of an attempt now: people can give the release another contact address."""
        mended = self.cause == "contact" and not any(map(_REFUSED_CONTACT.search, self._configuration()))
        return self.once or self.cause == GONE or mended

    def _configuration(self) -> list[str]:
        """Traefik's configuration files, as the release has them."""
        told = self._store.find(CONFIG_MAP, self._namespace, "autohttps") or {}
        return [str(text) for text in (told.get("data") or {}).values()]

    def _first(self) -> None:
        """The first certificate: Traefik asks for one for each host that it is told of, and has its own for others."""
        told = self._configuration()
        if not told or any(self._host in text for text in told):
            self._issue()
        else:
            self._certificates.switch(Serving.TRAEFIK_DEFAULT)

    def _complain(self, pod: Json) -> None:
        if self.cause in ISSUING:
            line = complaint(self.cause, self._host, self.address, self.until)
            self._said[pod["metadata"]["uid"]].append((self._clock.now(), line))

    def _issue(self) -> None:
        self._certificates.switch(Serving.PROPER, fresh=True)
        self._keep()

    def _keep(self) -> None:
        """As secret-sync does: the account and the certificate outlive the pod."""
        if self._store.find(SECRET, self._namespace, _SECRET) is None:
            labels = {"app": "jupyterhub", "release": "jupyterhub", "heritage": "secret-sync"}
            made: Json = {
                "metadata": {"name": _SECRET, "labels": labels},
                "type": "Opaque",
                "data": {"acme.json": "e30="},
            }
            self._store.create(SECRET, self._namespace, made)

    def _pods(self) -> list[Json]:
        return [pod for pod in self._store.list(POD, self._namespace) if _is_autohttps(pod)]

    # Over HTTP

    def routes(self) -> list[web.RouteDef]:
        """The control, for an application of the sandbox's."""
        return [web.get(_CONTROL, self._show), web.put(_CONTROL, self._set)]

    async def _show(self, _: web.Request) -> web.StreamResponse:
        return web.json_response({"cause": self.cause, "once": self.once, "serving": self._certificates.serving.value})

    async def _set(self, request: web.Request) -> web.StreamResponse:
        """{"cause": one of CAUSES, "once": bool}; cause "" heals at once, "gone" at the next start of autohttps."""
        given = await request.json()
        cause, once = given.get("cause"), bool(given.get("once"))
        if cause == "":
            self.heal()
        elif cause == GONE:
            self.mend()
        elif cause in CAUSES:
            self.begin(cause, once=once)
        else:
            raise web.HTTPBadRequest(text=f"cause is one of {', '.join(CAUSES)}, {GONE} or empty")
        return await self._show(request)

    def port80(self) -> web.Application:
        """What listens on port 80: autohttps, which sends everybody to https and answers challenges."""
        app = web.Application()
        app.router.add_get("/{path:.*}", self._plain)
        return app

    async def _plain(self, request: web.Request) -> web.StreamResponse:
        if self.cause == "port80" or not any(_is_ready(pod) for pod in self._pods()):
            return hang_up(request)
        if request.path.startswith("/.well-known/acme-challenge/"):
            raise web.HTTPNotFound
        raise web.HTTPMovedPermanently(f"https://{self._host}{request.path_qs}")

    def authority(self) -> web.Application:
        """Let's Encrypt's directory (RFC 8555, 7.1.1)."""
        app = web.Application()
        app.router.add_get("/directory", self._directory)
        return app

    async def _directory(self, request: web.Request) -> web.StreamResponse:
        if self.cause == "acme":
            raise web.HTTPServiceUnavailable(text="The service is down for maintenance or had an internal error.")
        base = f"{request.scheme}://{request.host}/acme"
        names = {
            "newNonce": "new-nonce",
            "newAccount": "new-acct",
            "newOrder": "new-order",
            "revokeCert": "revoke-cert",
        }
        meta = {"caaIdentities": ["letsencrypt.org"], "website": "https://letsencrypt.org"}
        return web.json_response({**{key: f"{base}/{page}" for key, page in names.items()}, "meta": meta})


def _is_autohttps(pod: Json) -> bool:
    return bool((pod["metadata"].get("labels") or {}).get("component") == "autohttps")


def _is_ready(pod: Json) -> bool:
    conditions = list_at(pod, "status", "conditions")
    return any(one.get("type") == "Ready" and one.get("status") == "True" for one in conditions)
