"""A hub behind a Gateway or an Ingress: which, what its controllers say, where its certificate is, what is unjudged."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.alerts.watchers.cert import look
from cards.views import Tone
from clients.errors import NotFound, Unavailable
from clients.kube import Gateway, HttpRoute, Ingress, IngressClass
from clients.public.certificate import Problem
from commands.certificate import retry as cert_retry
from commands.certificate import show as cert
from commands.certificate.entrance import managed_nginx_words
from commands.certificate.observations import CertificateCause
from commands.certificate.probe import why, why_each
from commands.diagnostics.checks.readings import read_all
from commands.diagnostics.checks.tls import CHECK as TLS
from commands.diagnostics.checks.way_in import CHECK
from commands.framework.errors import UserError
from tests.commands.diagnostics.test_checks import Kube
from tests.world import World, acme, automatic, certificate, release, words
from tests.world.login import LoginWorld
from tests.world.login import values as login_values

HOST = "hub.example.org"
NGINX = "webapprouting.kubernetes.azure.com"
FALLEN = certificate(Problem.UNTRUSTED, fingerprint="cd" * 32)
ISTIO = "istio.io/gateway-controller"


def condition(kind, status="True", reason="", message="", seen=1):
    return {"type": kind, "status": status, "reason": reason or kind, "message": message, "observedGeneration": seen}


def route(*conditions, parents=None, hosts=(HOST,), statuses=None):
    ref = {"name": "web", "namespace": "gateways", "sectionName": "https"}
    told = conditions or (condition("Accepted"), condition("ResolvedRefs"))
    status = [{"parentRef": ref, "controllerName": ISTIO, "conditions": list(told)}]
    return HttpRoute.from_json(
        {
            "metadata": {"name": "jupyterhub", "namespace": "jhub", "generation": 1},
            "spec": {
                "parentRefs": [ref] if parents is None else parents,
                "hostnames": list(hosts),
                "rules": [{"backendRefs": [{"name": "proxy-public", "port": 80}]}],
            },
            "status": {"parents": status if statuses is None else statuses},
        }
    )


def gateway(*, listener=None, conditions=None, addresses=("20.50.2.71",), annotations=None, told=()):
    https = {"name": "https", "port": 443, "protocol": "HTTPS", "hostname": HOST}
    https["tls"] = {"certificateRefs": [{"name": "hub-tls"}]}
    return Gateway.from_json(
        {
            "metadata": {"name": "web", "namespace": "gateways", "generation": 1, "annotations": annotations or {}},
            "spec": {"gatewayClassName": "approuting-istio", "listeners": [https | (listener or {})]},
            "status": {
                "addresses": [{"value": one} for one in addresses],
                "conditions": conditions or [condition("Accepted"), condition("Programmed")],
                "listeners": [{"name": "https", "conditions": list(told)}],
            },
        }
    )


def ingress(*, class_name=NGINX, hosts=(HOST,), tls=None, addresses=("20.50.2.71",), annotations=None):
    backend = {"service": {"name": "proxy-public"}}
    kept = [{"hosts": list(hosts), "secretName": "hub-tls"}] if tls is None else tls
    return Ingress.from_json(
        {
            "metadata": {"name": "jupyterhub", "annotations": annotations or {}},
            "spec": {
                **({"ingressClassName": class_name} if class_name else {}),
                "rules": [{"host": one, "http": {"paths": [{"backend": backend}]}} for one in hosts],
                "tls": kept,
            },
            "status": {"loadBalancer": {"ingress": [{"ip": one} for one in addresses]}},
        }
    )


def behind(route_=None, gateway_=None, **more):
    values = {"httpRoute": {"enabled": True, "hostnames": [HOST]}}
    made = {"http_routes": [route_ or route()], "gateways": [gateway_ or gateway()], "certificate": FALLEN}
    return World(**{"releases": [release(values=login_values() | values)], "deployments": []} | made | more)


def behind_ingress(ingress_, classes=None, **more):
    values = {"ingress": {"enabled": True, "hosts": list(ingress_.hosts)}}
    its = [IngressClass(NGINX, f"{NGINX}/nginx", False)] if classes is None else classes
    made = {"ingresses": [ingress_], "ingress_classes": its, "secrets": ["hub-tls"], "certificate": FALLEN}
    return World(**{"releases": [release(values=login_values() | values)], "deployments": []} | made | more)


def plain(**more):
    return World(releases=[release(values=login_values())], **more)


async def shown(world):
    return await cert.run(cert.Args(), world.reads)


def told(view):
    return " ".join(line for one in view.sections if getattr(one, "title", "") == "Why" for line in one.lines)


async def test_it_is_said_which_gateway_serves_the_hub_and_with_what():
    made = gateway(annotations={"cert-manager.io/cluster-issuer": "letsencrypt"})
    view = await shown(behind(gateway_=made))
    said = told(view)
    assert "hub.example.org is served by the Gateway web in gateways with the Secret hub-tls" in said
    assert "cert-manager (cluster issuer letsencrypt) keeps up to date" in said
    assert "autohttps has no part" in said
    assert "cert retry" not in words(view)
    assert view.buttons == ()


async def test_a_good_certificate_is_shown_with_the_way_in():
    made = gateway(annotations={"cert-manager.io/issuer": "le"})
    view = await shown(behind(gateway_=made, certificate=certificate()))
    (way,) = [one for one in view.sections if getattr(one, "title", "") == "The way in"]
    assert [(one.label, one.value) for one in way.facts] == [
        ("Behind", "Gateway web in gateways"),
        ("Led by", "HTTPRoute jupyterhub"),
        ("Class", "approuting-istio"),
        ("Address", "20.50.2.71"),
        ("Secret", "hub-tls"),
        ("Kept by", "cert-manager (issuer le)"),
    ]


NOT_ALLOWED = condition("Accepted", "False", "NotAllowedByListeners", "hostnames and namespace not allowed")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            {"route_": route(NOT_ALLOWED)},
            "is not accepted: NotAllowedByListeners (“hostnames and namespace not allowed”), says istio.io/",
        ),
        (
            {"route_": route(condition("ResolvedRefs", "False", "BackendNotFound", "backend(x) not found"))},
            "is not resolved: BackendNotFound (“backend(x) not found”), says istio.io/gateway-controller",
        ),
        ({"route_": route(statuses=[])}, "no controller has taken it up for the Gateway web in gateways"),
        ({"route_": route(parents=[])}, "HTTPRoute jupyterhub names no Gateway."),
        ({"route_": route(hosts=["other.example.org"])}, "HTTPRoute jupyterhub does not name hub.example.org."),
        ({"gateways": []}, "The Gateway web in gateways, which HTTPRoute jupyterhub names, does not exist."),
        (
            {"gateway_": gateway(conditions=[condition("Programmed", "False", "AddressNotAssigned", "no IP left")])},
            "The Gateway web in gateways is not programmed: AddressNotAssigned (“no IP left”).",
        ),
        ({"gateway_": gateway(addresses=())}, "has been given no address"),
        (
            {"gateway_": gateway(told=[condition("ResolvedRefs", "False", "InvalidCertificateRef", "no secret")])},
            "Listener https of the Gateway web in gateways is not resolved: InvalidCertificateRef (“no secret”).",
        ),
        (
            {"gateway_": gateway(told=[condition("Conflicted", "True", "HostnameConflict", "taken")])},
            "is not free: HostnameConflict (“taken”)",
        ),
        (
            {"gateway_": gateway(listener={"protocol": "HTTP"})},
            "The Gateway web in gateways has no HTTPS listener for hub.example.org",
        ),
        ({"gateway_": gateway(listener={"hostname": "a.example.org"})}, "has no HTTPS listener for hub.example.org"),
    ],
)
async def test_what_is_wrong_is_said_in_the_words_of_who_says_it(changed, said):
    world = behind(**changed)
    cause = await why(world.reads)
    assert cause.cause is CertificateCause.ROUTE
    assert said in cause.sentence
    assert not cause.is_retried
    (found,) = await look(world.reads)
    assert [dict(one.data)["line"] for one in found.buttons] == ["/jhub cert"]


async def test_a_condition_of_an_earlier_version_says_nothing_of_this_one():
    stale = route(condition("Accepted", "False", "NotAllowedByListeners", "x", seen=-1), condition("ResolvedRefs"))
    stale = replace(stale, statuses=(replace(stale.statuses[0], conditions=_stale(stale)),))
    cause = await why(behind(route_=stale).reads)
    assert cause.cause is CertificateCause.OWN
    assert "has not judged yet whether it is accepted" in cause.sentence


def _stale(made):
    return tuple(replace(one, stale=one.type == "Accepted") for one in made.statuses[0].conditions)


async def test_dns_is_compared_with_the_gateways_address():
    cause = await why(behind(resolved=("203.0.113.9",)).reads)
    assert cause.cause is CertificateCause.DNS
    assert "points to 203.0.113.9 in DNS" in cause.sentence
    assert not any("cert retry" in line for line in cause.advice)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            {"gateways": Unavailable("Kubernetes", "refused: the bot may not read a Gateway (403)")},
            "The Gateway web in gateways is not judged: Kubernetes refused: the bot may not read a Gateway (403)",
        ),
        (
            {"http_routes": Unavailable("Kubernetes", "refused: the bot may not list HTTP routes (403)")},
            "HTTPRoute is not judged: Kubernetes refused: the bot may not list HTTP routes (403)",
        ),
        (
            {"http_routes": NotFound("Kubernetes found nothing")},
            "HTTPRoute is not judged: The cluster does not have Gateway API's kinds (HTTPRoute is not installed)",
        ),
    ],
)
async def test_what_cannot_be_looked_at_is_said_to_be_not_judged(changed, said):
    cause = await why(behind(**changed).reads)
    assert cause.cause is CertificateCause.OWN
    assert said in cause.sentence
    result = CHECK.run(await doctor(behind(**changed)))
    assert (result.tone, said in result.text) == (Tone.WARNING, True)


async def test_a_route_that_the_values_have_and_the_cluster_has_not_is_missed():
    cause = await why(behind(http_routes=[]).reads)
    assert "no HTTPRoute leads to the Service proxy-public" in cause.sentence


@pytest.mark.parametrize(
    ("made", "classes", "said"),
    [
        (ingress(addresses=()), None, "has been given no address"),
        (ingress(class_name="gone"), None, "is served by nobody: its class gone does not exist"),
        (ingress(class_name=""), None, "is served by nobody: it has no class"),
        (ingress(tls=[]), None, "has no certificate for hub.example.org (tls)"),
        (ingress(tls=[{"hosts": [HOST], "secretName": "none"}]), None, "the Secret none, which does not exist"),
        (ingress(hosts=["other.example.org"], tls=[{"secretName": "hub-tls"}]), None, "does not name hub.example.org"),
    ],
)
async def test_what_an_ingress_lacks_is_said(made, classes, said):
    cause = await why(behind_ingress(made, classes).reads)
    assert cause.cause is CertificateCause.ROUTE
    assert said in cause.sentence


async def test_each_host_is_held_against_what_the_way_in_has_for_it():
    lab = "lab.example.org"
    made = gateway(listener={"hostname": "*.example.org"})
    values = {"httpRoute": {"enabled": True, "hostnames": [HOST, lab, "www.example.com"]}}
    world = behind(route(hosts=[HOST, lab, "www.example.com"]), made, releases=[release(values=values)])
    causes = await why_each(world.reads)
    assert [one.cause is CertificateCause.ROUTE for one in causes.values()] == [False, False, True]
    assert "has no HTTPS listener for www.example.com" in causes["www.example.com"].sentence


async def test_an_ingress_of_the_default_class_is_served():
    world = behind_ingress(ingress(class_name=""), [IngressClass("nginx", "k8s.io/ingress-nginx", True)])
    assert (await why(world.reads)).cause is CertificateCause.OWN


async def test_one_certificate_for_several_hosts_fails_with_any_of_them_and_that_is_said():
    made = ingress(hosts=[HOST, "lab.example.org"], annotations={"cert-manager.io/issuer": "le"})
    view = await shown(behind_ingress(made))
    assert "One certificate is for hub.example.org, lab.example.org: if one of the names fails, all do." in words(view)


async def test_there_is_nothing_to_retry_without_autohttps():
    with pytest.raises(UserError, match="the Gateway web in gateways"):
        await cert_retry.plan(cert_retry.Args(), behind().reads)


async def doctor(world, **more):
    made = LoginWorld(**{name: getattr(world, name) for name in _TAKEN})
    return await read_all(replace(made.reads, kube=Kube(made.reads.kube), **more))


_TAKEN = (
    "releases",
    "deployments",
    "http_routes",
    "gateways",
    "ingresses",
    "ingress_classes",
    "secrets",
    "certificate",
)


async def test_doctor_says_what_leads_in():
    result = CHECK.run(await doctor(behind()))
    way = "through the Gateway web in gateways of the class approuting-istio at 20.50.2.71"
    secret = "its certificate is in the Secret hub-tls"
    assert result.tone is Tone.GOOD
    assert result.text == f"HTTPRoute jupyterhub leads in {way}; {secret}"
    assert TLS.run(await doctor(behind(certificate=certificate()))).tone is Tone.GOOD
    bad = CHECK.run(await doctor(behind(route_=route(NOT_ALLOWED))))
    assert (bad.tone, "NotAllowedByListeners" in bad.text) == (Tone.BAD, True)
    assert CHECK.run(await doctor(plain())).tone is Tone.GOOD


@pytest.mark.parametrize(
    ("class_name", "controller"), [(NGINX, f"{NGINX}/nginx"), ("nginx-internal", f"{NGINX}/nginx/internal")]
)
async def test_doctor_says_what_leaves_support(class_name, controller):
    classes = [IngressClass(class_name, controller, False)]
    result = CHECK.run(await doctor(behind_ingress(ingress(class_name=class_name), classes)))
    assert result.tone is Tone.WARNING
    assert "The hub is behind AKS' managed NGINX" in result.text
    assert "leaves Microsoft's support with November 2026" in result.text
    assert "httpRoute since 4.3.0" in result.remedy
    bots = CHECK.run(await doctor(plain(ingress_classes=classes), bot_ingress_class=class_name))
    assert "The bot is behind AKS' managed NGINX" in bots.text
    other = CHECK.run(await doctor(plain(ingress_classes=classes), bot_ingress_class="traefik"))
    assert other.tone is Tone.GOOD


def test_support_that_is_over_is_said_to_be():
    assert "leaves" in managed_nginx_words("It", datetime(2026, 11, 30, tzinfo=UTC))
    assert "left" in managed_nginx_words("It", datetime(2026, 12, 1, tzinfo=UTC))


async def test_a_hub_with_autohttps_is_asked_for_nothing_of_the_kind():
    gone = Unavailable("Kubernetes", "is gone")
    world = World(releases=[automatic()], certificate=FALLEN, log=acme.CAA, ingresses=gone, http_routes=gone)
    assert (await why(world.reads)).cause is CertificateCause.CAA
