"""Forty kinds of secrets as in values, commands and messages, generated at run time from harmless random parts."""

import base64
import json
import random
import string
from dataclasses import dataclass

ALNUM = string.ascii_letters + string.digits
LOWER = string.ascii_lowercase + string.digits
HEX = "0123456789abcdef"
BASE32 = string.ascii_lowercase + "234567"


@dataclass(frozen=True)
class Kind:
    """A kind of secret. `text` is how it is written; `core` the part of it that must be read nowhere."""

    name: str
    text: str
    core: str


def kinds():
    """Return one secret of each kind, different ones at each call."""
    return [_made(name, *how) for name, how in _KINDS.items()]


def part(length, letters=ALNUM):
    """Return random letters, with a lower-case one, an upper-case one and a digit if `letters` has them."""
    dice = random.SystemRandom()
    kinds = [[one for one in letters if test(one)] for test in (str.islower, str.isupper, str.isdigit)]
    made = [dice.choice(kind) for kind in kinds if kind]
    made += [dice.choice(letters) for _ in range(length - len(made))]
    dice.shuffle(made)
    return "".join(made)


def _made(name, form, length, letters=ALNUM):
    core = part(length, letters)
    return Kind(name, form.replace("<>", core), core)


def _jwt_head():
    return base64.urlsafe_b64encode(json.dumps({"alg": "HS256"}).encode()).decode().rstrip("=")


# What is written around the random part, which “<>” stands for; no whole secret stands here.
_KINDS = {
    "an OpenAI key": ("sk-<>", 48),
    "an OpenAI project key": ("sk-proj-<>", 60),
    "an Anthropic key": ("sk-ant-api03-<>", 80),
    "a SendGrid key": ("SG." + part(22) + ".<>", 43),
    "a Stripe key": ("sk_" + "live_<>", 24),
    "a restricted Stripe key": ("rk_" + "live_<>", 24),
    "a GitHub token": ("gh" + "p_<>", 36),
    "a fine-grained GitHub token": ("github" + "_pat_<>", 60),
    "a GitLab token": ("gl" + "pat-<>", 20),
    "a Slack bot token": ("xox" + "b-<>", 40, LOWER),
    "a Slack webhook": ("https://hooks.slack" + ".com/services/T0AB1CD2E/B0AB1CD2E/<>", 24),
    "a Discord webhook": ("https://discord.com/api/webhooks/1234567890/<>", 60),
    "a Teams webhook": ("https://example.webhook.office.com/webhookb2/<>/IncomingWebhook/x", 32, LOWER),
    "a workflow's address": ("https://prod-1.westeurope.logic.azure.com/workflows/x?api-version=1&sig=<>", 43),
    "an npm token": ("npm" + "_<>", 36),
    "a PyPI token": ("pypi-" + "AgEIcHlwaS5vcmc<>", 120),
    "a Hugging Face token": ("hf" + "_<>", 34),
    "an AWS key's id": ("AK" + "IA<>", 16, string.ascii_uppercase + string.digits),
    "an AWS key": ("aws_secret_access_key = <>", 40),
    "an Azure storage key": ("DefaultEndpointsProtocol=https;AccountName=x;AccountKey=<>==", 86),
    "a shared access signature": ("https://x.blob.core.windows.net/c?sv=2024-11-04&sig=<>%3D", 43),
    "a service bus's connection string": ("Endpoint=sb://x/;SharedAccessKeyName=r;SharedAccessKey=<>=", 43),
    "an Entra client secret": ("abc8Q~<>", 34),
    "an Azure DevOps token": ("<>", 52, BASE32),
    "a Google API key": ("AI" + "za<>", 35),
    "a Google client secret": ("GOC" + "SPX-<>", 28),
    "a JSON Web Token": (_jwt_head() + "." + part(40) + ".<>", 43),
    "a private key": ("-----BEGIN RSA PRIVATE " + "KEY-----\n<>\n-----END RSA PRIVATE " + "KEY-----", 64),
    "a database's address": ("postgresql://hub:<>@db.example.org:5432/hub", 24),
    "a database's address with any sign in it": ("mysql://hub:a/b?<>@db.example.org/hub", 24),
    "a cache's address": ("redis://:<>@cache.example.org:6379/0", 24),
    "a connection string": ("Server=db;User Id=hub;Password=<>;Encrypt=true", 24),
    "curl's user": ("curl -fsS -u bot:<> https://example.org/x", 24),
    "a flag": ("login --password <> --verbose", 24),
    "a header": ('curl -H "Authorization: Basic <>" https://example.org', 24),
    "a bearer": ("Authorization: Bearer <>", 40),
    "Docker's login": ('{"auths": {"example.org": {"auth": "<>"}}}', 32),
    "netrc": ("machine example.org login bot password <>", 24),
    "a password's hash": ("$2" + "y$10$<>", 53),
    "a Twilio key": ("S" + "K<>", 32, HEX),
    "a Databricks token": ("da" + "pi<>", 32, HEX),
    "random bytes": ("<>", 64, HEX),
}
