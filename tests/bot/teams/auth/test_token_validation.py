"""With an app id, every token that is not Bot Framework's own for this bot is refused."""

import base64
import hmac
import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
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


_BAD_CLAIMS = {
    "iss": (
        None,
        "",
        "https://api.botframework.com/",
        "https://api.botframework.us",
        ["https://api.botframework.com"],
        1,
    ),
    "aud": (None, "", "*", 1, [], ["another"], {"id": "x"}, "00000000-0000-0000-0000-000000000000"),
    "exp": (None, 0, -1, "", "soon", True, [in_seconds(400)], {}),
    "nbf": (in_seconds(4000), 10**40, "soon", [], {}),
    "serviceurl": (None, "", "/", "https://smba.trafficmanager.net", "https://elsewhere.example/", 1, {}, []),
}
_BAD_KEYS = (None, 1, "", "key-2", "KEY-1", "key-1 ", "../key-1", ["key-1"], {"kid": "key-1"}, "ec", "no-n")
_BAD_ALGORITHMS = (
    "none",
    "None",
    "NONE",
    "",
    "HS256",
    "HS384",
    "HS512",
    "RS1",
    "RS384",
    "RS512",
    "PS256",
    "ES256",
    1,
    None,
)


def by_hand(issuer, header):
    """The header is theirs, the signature by the stranger's key: as one who may name the key that is to be believed."""
    stranger = issuer.stranger
    return handmade(issuer, header, lambda text: stranger.sign(text, padding.PKCS1v15(), hashes.SHA256()))


def claiming(issuer, **claims):
    """Signed by the issuer's own key, whatever it claims: the library that signs refuses some of it."""
    header, good, _ = issuer.token().split(".")
    told = json.loads(base64.urlsafe_b64decode(good + "==")) | claims
    kept = {name: value for name, value in told.items() if value is not None}
    signed = f"{header}.{encoded(json.dumps(kept).encode())}"
    signature = issuer.keys["key-1"].sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{signed}.{encoded(signature)}"


def forged_tokens(issuer):
    """Each in one way that somebody would try, by name."""
    for claim, values in _BAD_CLAIMS.items():
        for value in values:
            yield f"{claim}: {value!r}", claiming(issuer, **{claim: value})
    for kid in _BAD_KEYS:
        yield f"kid {kid!r}", by_hand(issuer, {"alg": "RS256", "kid": kid})
    for algorithm in _BAD_ALGORITHMS:
        yield f"alg {algorithm!r}", by_hand(issuer, {"alg": algorithm, "kid": "key-1"})
        yield f"alg {algorithm!r}, unsigned", handmade(issuer, {"alg": algorithm, "kid": "key-1"})
    mine = jwt.algorithms.RSAAlgorithm.to_jwk(issuer.stranger.public_key(), as_dict=True)
    for name, value in (
        ("jwk", mine),
        ("jku", "https://elsewhere.example/keys"),
        ("x5u", "https://elsewhere.example/x"),
    ):
        yield f"a key of its own: {name}", by_hand(issuer, {"alg": "RS256", "kid": "key-1", name: value})
    header, claims, signature = issuer.token().split(".")
    other = issuer.token(exp=in_seconds(99)).split(".")
    shapes = {
        "another's claims": (header, other[1], signature),
        "another's signature": (header, claims, other[2]),
        "no signature": (header, claims, ""),
        "no claims": (header, "", signature),
        "no header": ("", claims, signature),
        "four parts": (header, claims, signature, "x"),
        "two parts": (header, claims),
        "a shorter signature": (header, claims, signature[:-4]),
        "a longer signature": (header, claims, signature + "AAAA"),
        "claims that are no object": (header, encoded(b"[1]"), signature),
        "claims that are no JSON": (header, encoded(b"{"), signature),
    }
    yield from ((name, ".".join(parts)) for name, parts in shapes.items())
    for place in range(0, 256, 16):
        raw = bytearray(base64.urlsafe_b64decode(signature + "=="))
        raw[place] ^= 1
        yield f"bit {place * 8} of the signature", f"{header}.{claims}.{encoded(bytes(raw))}"


async def test_not_one_of_a_hundred_forged_tokens_is_let_in(cloud, issuer, kit, listener):
    async with cloud.post("/api/messages", json=kit.activity(), headers=bearer(claiming(issuer))) as response:
        assert response.status == 200
    await kit.eventually(lambda: listener.messages)
    listener.messages.clear()
    tried = dict(forged_tokens(issuer))
    assert len(tried) >= 100
    let_in = {}
    for name, token in tried.items():
        async with cloud.post("/api/messages", json=kit.activity(), headers=bearer(token)) as response:
            if response.status != 401:
                let_in[name] = response.status
    assert let_in == {}
    await kit.settle()
    assert not listener.messages


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
        {"conversation__tenantId": None, "channelData__tenant": {"id": "another"}},
        {"channelData": None, "conversation__tenantId": None},
    ],
)
async def test_what_the_token_does_not_vouch_for_gets_403(cloud, issuer, kit, listener, changes):
    content = kit.activity(**changes)
    await refused(await cloud.post("/api/messages", json=content, headers=bearer(issuer.token())), 403)
    await kit.settle()
    assert not listener.messages


async def test_who_comes_from_another_tenant_is_not_heard(cloud, issuer, kit, listener):
    content = kit.activity(channelData__tenant={"id": "another"})
    assert (await cloud.post("/api/messages", json=content, headers=bearer(issuer.token()))).status == 200
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
