"""Who may post with an app id: every token that is not Bot Framework's own for this bot is refused."""

import base64
import hmac
import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


async def refused(response, status):
    assert response.status == status, await response.text()
    assert list(await response.json()) == ["error"]


async def test_a_good_token_is_let_in(cloud, issuer, kit, listener):
    response = await cloud.post("/api/messages", json=kit.activity(), headers=bearer(issuer.token()))
    assert response.status == 200
    await kit.eventually(lambda: listener.messages)
    assert listener.messages[0].sender.tenant_id == kit.tenant


def encoded(content):
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def handmade(issuer, header, sign=lambda _: b""):
    """A token whose claims are good and whose header is not."""
    claims = issuer.token().split(".")[1]
    signed = f"{encoded(json.dumps(header).encode())}.{claims}"
    return f"{signed}.{encoded(sign(signed.encode()))}"


def signed_with_the_public_key(issuer):
    """HS256 with the public key as its secret: the classic confusion of algorithms."""
    public = issuer.keys["key-1"].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return handmade(issuer, {"alg": "HS256", "kid": "key-1"}, lambda text: hmac.digest(public, text, "sha256"))


def in_seconds(seconds):
    """A moment as tokens write it, counted from now."""
    return int(time.time()) + seconds


FORGED = {
    "garbage": lambda _: "garbage",
    "three dots": lambda _: "a.b.c",
    "deep header": lambda _: encoded(b"[" * 5000) + ".e30.AA",
    "none": lambda i: handmade(i, {"alg": "none", "kid": "key-1"}),
    "hs256": signed_with_the_public_key,
    "stranger's key": lambda i: i.token(key=i.stranger),
    "unknown kid": lambda i: i.token(kid="made-up"),
    "no kid": lambda i: jwt.encode({}, i.keys["key-1"], algorithm="RS256"),
    "critical extension": lambda i: i.token(headers={"crit": ["b64"], "b64": True}),
    "expired": lambda i: i.token(exp=in_seconds(-400)),
    "without end": lambda i: i.token(exp=None),
    "endless": lambda i: i.token(exp=1e400),
    "end in words": lambda i: i.token(exp="tomorrow"),
    "not yet": lambda i: i.token(nbf=in_seconds(400)),
    "other audience": lambda i: i.token(aud="another-bot"),
    "several audiences": lambda i: i.token(aud=["11111111-2222-3333-4444-555555555555", "b"]),
    "no audience": lambda i: i.token(aud=None),
    "other issuer": lambda i: i.token(iss="https://sts.windows.net/x/"),
    "no issuer": lambda i: i.token(iss=None),
    "other serviceUrl": lambda i: i.token(serviceurl="https://smba.trafficmanager.net/amer/"),
    "no serviceUrl": lambda i: i.token(serviceurl=None),
    "serviceUrl of another type": lambda i: i.token(serviceurl=["x"]),
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
async def test_a_forged_token_gets_401(cloud, issuer, kit, listener, forge):
    response = await cloud.post("/api/messages", json=kit.activity(), headers=bearer(forge(issuer)))
    await refused(response, 401)
    assert response.headers["WWW-Authenticate"] == "Bearer"
    await kit.settle()
    assert not listener.messages


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer"}, {"Authorization": "Basic eDp5"}])
async def test_no_bearer_token_gets_401(cloud, kit, header):
    await refused(await cloud.post("/api/messages", json=kit.activity(), headers=header), 401)


async def test_two_tokens_get_401(cloud, issuer, kit):
    twice = [("Authorization", f"Bearer {issuer.token()}")] * 2
    await refused(await cloud.post("/api/messages", json=kit.activity(), headers=twice), 401)


async def test_skew_of_clocks_is_tolerated(cloud, issuer, kit):
    for claims in ({"exp": in_seconds(-200)}, {"nbf": in_seconds(200)}):
        token = issuer.token(**claims)
        assert (await cloud.post("/api/messages", json=kit.activity(), headers=bearer(token))).status == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"channelId": "directline"},
        {"conversation__tenantId": "another"},
        {"channelData__tenant": {"id": "another"}},
        {"channelData": None, "conversation__tenantId": None},
    ],
)
async def test_what_the_token_does_not_vouch_for_gets_403(cloud, issuer, kit, listener, changes):
    content = kit.activity(**changes)
    await refused(await cloud.post("/api/messages", json=content, headers=bearer(issuer.token())), 403)
    await kit.settle()
    assert not listener.messages


@pytest.mark.parametrize(
    "url",
    ["https://evil.example/", "https://smba.trafficmanager.net.evil.example/", "http://smba.trafficmanager.net/x/"],
)
async def test_no_answer_goes_to_a_host_that_is_not_microsofts(cloud, issuer, kit, url):
    token = issuer.token(serviceurl=url)
    content = kit.activity(serviceUrl=url)
    await refused(await cloud.post("/api/messages", json=content, headers=bearer(token)), 403)


async def test_a_bad_body_behind_a_good_token_gets_400(cloud, issuer):
    await refused(await cloud.post("/api/messages", data=b"{", headers=bearer(issuer.token())), 400)


async def test_without_any_key_it_is_503_and_not_ready(kit, listener, cloud_settings, issuer):
    issuer.failing = True
    async with kit.serving(cloud_settings, listener) as client:
        response = await client.post("/api/messages", json=kit.activity(), headers=bearer(issuer.token()))
        await refused(response, 503)
        assert (await client.get("/readyz")).status == 503
        assert (await client.get("/healthz")).status == 200
