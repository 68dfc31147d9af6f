"""The issuance of the hub's certificate: autohttps tries when it starts, as Traefik does, and not again before.

A cause of failure can be switched on (`/_sandbox/cert`): the public endpoint then serves the certificate that it would,
the log of the pod has Traefik's message, and DNS, port 80 and the ACME directory answer accordingly. Restarting
autohttps heals it when the cause is gone, and fails again for the same reason until then.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from sandbox.apiserver.objects.json_objects import list_at
from sandbox.apiserver.objects.resource_kinds import CONFIG_MAP, POD, SECRET, SERVICE, Json
from sandbox.apiserver.storage.store import Store
from sandbox.clock import Clock
from sandbox.internet.certificate_causes import CAUSES, ELSEWHERE, FORBIDDEN, ISSUING, REFILL, SERVING, complaint
from sandbox.internet.tls import Certificates, Serving

GONE: Final = "gone"
_NEVER: Final = "0.0.0.0"  # noqa: S104 - nothing listens there: it stands for no address
_SECRET: Final = "proxy-public-tls-acme"  # noqa: S105 - the name of one
_REFUSED_CONTACT: Final = re.compile(rf"email: \S+@{re.escape(FORBIDDEN)}\b")


class Issuance:
    """The hub's certificate and what prevents it. `cause` is empty, GONE or one of CAUSES.

    GONE stands for a cause that has ended: the next start of autohttps gets a certificate. With `once` so does the
    next start whatever the cause.
    """

    def __init__(self, store: Store, clock: Clock, certificates: Certificates, namespace: str, host: str) -> None:
        self._store = store
        self._clock = clock
        self.certificates = certificates
        self._namespace = namespace
        self.host = host
        self._messages: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
        self._known: set[str] = set()
        self.cause = ""
        self.once = False
        self.until = clock.now()

    def begin(self, cause: str, *, once: bool = False) -> None:
        """Let `cause` prevent issuance from now on. Raise ValueError if it is not one of CAUSES."""
        if cause not in CAUSES:
            raise ValueError(f"a cause is one of {', '.join(CAUSES)}")
        self.cause, self.once, self.until = cause, once, self._clock.now() + REFILL
        self.certificates.switch(SERVING.get(cause, Serving.TRAEFIK_DEFAULT))
        for pod in self.pods():
            self._complain(pod)

    def mend(self) -> None:
        """End the cause; the certificate that is served stays until autohttps starts again."""
        self.cause = GONE if self.cause else ""

    def heal(self) -> None:
        """End the cause and issue a new certificate at once."""
        self.cause, self.once = "", False
        self._issue()

    @property
    def address(self) -> str:
        """The address of the load balancer, 0.0.0.0 if it has none."""
        service = self._store.find(SERVICE, self._namespace, "proxy-public") or {}
        ingress = list_at(service, "status", "loadBalancer", "ingress")
        return str(ingress[0].get("ip") or _NEVER) if ingress else _NEVER

    @property
    def resolved(self) -> str:
        """The address that the host's name resolves to."""
        return ELSEWHERE if self.cause == "dns" else self.address

    def log_lines(self, pod: Json, container: str) -> Iterable[tuple[datetime, str]]:
        """Return the log lines that a container wrote about issuance, for `container_log`."""
        return self._messages.get(pod["metadata"]["uid"], ()) if container == "traefik" else ()

    async def run(self) -> None:
        """Try issuance for each autohttps pod that gets ready, until cancelled."""
        self._known = {pod["metadata"]["uid"] for pod in self.pods()}
        if self._known and not self.cause:
            self._keep()
        with self._store.subscribe(POD) as changes:
            async for change in changes:
                if change.type != "DELETED" and change.obj["metadata"]["namespace"] == self._namespace:
                    self._look(change.obj)

    def _look(self, pod: Json) -> None:
        uid = pod["metadata"]["uid"]
        if uid not in self._known and _is_autohttps(pod) and is_ready(pod):
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
        """Return True if an attempt succeeds now, be it because the release has another contact address."""
        mended = self.cause == "contact" and not any(map(_REFUSED_CONTACT.search, self._configuration()))
        return self.once or self.cause == GONE or mended

    def _configuration(self) -> list[str]:
        """Return Traefik's configuration files, as the release has them."""
        found = self._store.find(CONFIG_MAP, self._namespace, "autohttps") or {}
        return [str(text) for text in (found.get("data") or {}).values()]

    def _first(self) -> None:
        """Issue the first certificate, if Traefik's configuration has the host; its own default serves other hosts."""
        found = self._configuration()
        if not found or any(self.host in text for text in found):
            self._issue()
        else:
            self.certificates.switch(Serving.TRAEFIK_DEFAULT)

    def _complain(self, pod: Json) -> None:
        if self.cause in ISSUING:
            line = complaint(self.cause, self.host, self.address, self.until)
            self._messages[pod["metadata"]["uid"]].append((self._clock.now(), line))

    def _issue(self) -> None:
        self.certificates.switch(Serving.PROPER, fresh=True)
        self._keep()

    def _keep(self) -> None:
        """Store account and certificate in a Secret, as secret-sync does: they outlive the pod."""
        if self._store.find(SECRET, self._namespace, _SECRET) is None:
            labels = {"app": "jupyterhub", "release": "jupyterhub", "heritage": "secret-sync"}
            made: Json = {
                "metadata": {"name": _SECRET, "labels": labels},
                "type": "Opaque",
                "data": {"acme.json": "e30="},
            }
            self._store.create(SECRET, self._namespace, made)

    def pods(self) -> list[Json]:
        """Return the pods of autohttps."""
        return [pod for pod in self._store.list(POD, self._namespace) if _is_autohttps(pod)]


def _is_autohttps(pod: Json) -> bool:
    return bool((pod["metadata"].get("labels") or {}).get("component") == "autohttps")


def is_ready(pod: Json) -> bool:
    """Return True if the pod has the condition Ready."""
    conditions = list_at(pod, "status", "conditions")
    return any(one.get("type") == "Ready" and one.get("status") == "True" for one in conditions)
