"""Cards of certificates, as `/jhub cert` shows them: held back by a limit, of several hosts, behind a Gateway."""

import asyncio
from datetime import timedelta

from cards.views import View
from clients.kube import Gateway, HttpRoute
from clients.public.certificate import Problem
from commands.certificate import show as cert
from tests.world import NOW, World, acme, automatic, certificate, release

_HOST, _LAB, _OLD = "hub.example.org", "lab.example.org", "old.example.org"
_FALLEN = certificate(Problem.TRAEFIK_DEFAULT, fingerprint="cd" * 32, issuer="TRAEFIK DEFAULT CERT")


def _shown(world: World) -> View:
    return asyncio.run(cert.run(cert.Args(), world.reads))


def _limited() -> World:
    lines = (
        acme.TIMEOUT.replace("2026-11-23T08:00:03", f"{NOW - timedelta(minutes=n):%Y-%m-%dT%H:%M:%S}")
        for n in (9, 7, 5, 3, 2)
    )
    return World(certificate=_FALLEN, releases=[automatic()], log="".join(lines))


def _several() -> World:
    live = automatic()
    live.values["proxy"]["https"]["hosts"] = [_HOST, _LAB, _OLD]
    fallen = {"certificate": _FALLEN}
    log = acme.line(
        f"unable to generate a certificate for the domains [{_LAB} {_OLD}]: error: one or more domains had a problem:"
        f"\\n[{_OLD}] acme: error: 400 :: urn:ietf:params:acme:error:dns :: "
        f"DNS problem: NXDOMAIN looking up A for {_OLD}\\n"
    ).replace(f'domains=["{_HOST}"]', f'domains=["{_LAB}","{_OLD}"]')
    return World(releases=[live], log=log, further={_LAB: fallen, _OLD: fallen | {"resolved": ()}})


def _behind() -> World:
    ref = {"name": "web", "namespace": "gateways", "sectionName": "https"}
    told = {
        "type": "Accepted",
        "status": "False",
        "reason": "NotAllowedByListeners",
        "message": 'namespace "jhub" is not allowed by the parent',
    }
    route = {
        "metadata": {"name": "jupyterhub", "namespace": "jhub"},
        "spec": {
            "parentRefs": [ref],
            "hostnames": [_HOST],
            "rules": [{"backendRefs": [{"name": "proxy-public"}]}],
        },
        "status": {
            "parents": [{"parentRef": ref, "controllerName": "istio.io/gateway-controller", "conditions": [told]}]
        },
    }
    listener = {"name": "https", "port": 443, "protocol": "HTTPS", "tls": {"certificateRefs": [{"name": "hub-tls"}]}}
    notes = {"cert-manager.io/cluster-issuer": "letsencrypt"}
    gateway = {
        "metadata": {"name": "web", "namespace": "gateways", "annotations": notes},
        "spec": {"gatewayClassName": "approuting-istio", "listeners": [listener]},
        "status": {"addresses": [{"value": "20.50.2.71"}]},
    }
    values = {"httpRoute": {"enabled": True, "hostnames": [_HOST]}}
    return World(
        certificate=certificate(Problem.UNTRUSTED, issuer="Somebody's Own CA"),
        releases=[release(values=values)],
        http_routes=[HttpRoute.from_json(route)],
        gateways=[Gateway.from_json(gateway)],
    )


CERTIFICATES: dict[str, View] = {
    "certificate-limited": _shown(_limited()),
    "certificate-hosts": _shown(_several()),
    "certificate-gateway": _shown(_behind()),
}
