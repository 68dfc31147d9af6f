"""The secret strings of a release: those that its Helm values hold under telling names, and all in its Secrets."""

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote, quote_plus

import yaml

from cards import escaping
from clients.helm import Release
from commands.ports.context import Reads
from commands.values.code import is_code
from commands.values.opaque_values import named_by_people

# The number of revisions: secrets that were rotated lately are still in logs.
_REVISIONS: Final = 5
_WORDS = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")
_SECRET_WORDS: Final = frozenset(
    {
        "secret",
        "secrets",
        "token",
        "tokens",
        "password",
        "passwords",
        "passwd",
        "passphrase",
        "pass",
        "pwd",
        "keys",
        "credential",
    }
    | {"credentials", "cookie", "apikey", "auth", "signature", "sas", "dsn", "pat", "webhook", "jwt"}
)
# `key` alone is mostly a label's, as in tolerations; with one of these words it is a secret.
_KEYS: Final = frozenset(
    {"api", "access", "account", "private", "secret", "crypt", "crypto", "encryption", "shared", "signing"}
)
_PAIRS: Final = (["connection", "string"], ["webhook", "url"])
# What `auth: basic` or `cookie: disabled` say is not secret, and neither is `max_tokens: 100`.
_ANSWERS: Final = frozenset(
    {"true", "false", "yes", "no", "on", "off", "none", "null", "auto", "always", "never", "required", "optional"}
    | {"enabled", "disabled", "default", "basic", "bearer", "oauth", "oauth2", "ldap", "saml"}
)
_SMALL: Final = 1_000
_DOCUMENT = re.compile(r"^---.*$", re.MULTILINE)
_SECRET_KIND = re.compile(r"^kind:\s*[\"']?Secret[\"']?\s*$", re.MULTILINE)
_STRUCTURED: Final = (".yaml", ".yml")


async def known_secrets(reads: Reads) -> frozenset[str]:
    """Return the secret strings of the last revisions, in all forms they may be written in. Raise Unavailable."""
    found: set[str] = set()
    for release in await reads.releases.history(_REVISIONS):
        found |= secrets_of(release)
    return frozenset(found)


def secrets_of(release: Release) -> frozenset[str]:
    """Return the secret strings of one revision, in all the forms in which they may be written."""
    plain = {*_by_name(release.values), *_in_manifest(release.manifest)}
    return frozenset(form for text in plain for form in _forms(text))


def secret_paths(values: object) -> frozenset[tuple[str | int, ...]]:
    """Return the paths of secrets, judged by the names on them; a list that contains one counts as one."""
    return frozenset(without_indices(leaf.path) for leaf in leaves(values) if leaf.secret)


def without_indices(path: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """Return the path of a value, or that of the list it is in."""
    while path and isinstance(path[-1], int):
        path = path[:-1]
    return path


def secrets_among(values: Mapping[str, object]) -> frozenset[str]:
    """Return the secret strings in the values, line by line: those under names that mean a secret."""
    return frozenset(_by_name(values))


def is_secret_name(name: str) -> bool:
    """Return True for names of secrets: `client_secret`, `apiToken`, `DB_PASSWORD`, but not `secretName`."""
    words = [word.lower() for word in _WORDS.findall(name)]
    # `imagePullSecrets` lists names of Secrets.
    if not words or "existing" in words or words[-2:] == ["pull", "secrets"]:
        return False
    if words[-1] == "key":
        return bool(_KEYS.intersection(words))
    return words[-1] in _SECRET_WORDS or words[-2:] in _PAIRS


@dataclass(frozen=True)
class Leaf:
    """A value that is neither mapping nor list. `secret` says that a name on its path means a secret."""

    path: tuple[str | int, ...]
    value: object = field(repr=False)
    secret: bool


def leaves(node: object, path: tuple[str | int, ...] = (), *, secret: bool = False) -> Iterator[Leaf]:
    """Yield all leaves in order; `secret` says that a name above `node` means one. Empty mappings have none.

    A name that people gave to a piece of code, a file or a role means nothing: `extraConfig.00-refresh-token` is code.
    """
    if isinstance(node, Mapping):
        names_secret = is_secret_name(str(node.get("name", ""))) and "value" in node
        labels = bool(path) and named_by_people(str(path[-1]))
        for name, child in node.items():
            means_secret = not labels and _means_secret(str(name), child)
            below = secret and not _is_reference(str(name))
            yield from leaves(
                child, (*path, str(name)), secret=means_secret or below or (names_secret and name == "value")
            )
    elif isinstance(node, Sequence) and not isinstance(node, str):
        for index, child in enumerate(node):
            yield from leaves(child, (*path, index), secret=secret)
    else:
        yield Leaf(path, node, secret and _may_be_secret(node))


def _may_be_secret(value: object) -> bool:
    """Return False for what is no secret whatever its name: a program, an answer like "none", a small number."""
    if isinstance(value, str):
        return value.lower() not in _ANSWERS and not is_code(value)
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) >= _SMALL


def _means_secret(name: str, value: object) -> bool:
    return is_secret_name(name) and not (isinstance(value, Mapping) and not _is_group(name))


def _by_name(node: object) -> Iterator[str]:
    """Yield the strings under names that mean a secret."""
    for leaf in leaves(node):
        if isinstance(leaf.value, str | int) and not isinstance(leaf.value, bool):
            yield from _from_text(str(leaf.value), secret=leaf.secret)


def _is_group(name: str) -> bool:
    """Return True if all below the name is secret, as for `tokens`; below `imagePullSecret` names decide anew."""
    return _WORDS.findall(name)[-1].lower() in ("secrets", "tokens", "passwords", "credentials", "keys")


def _is_reference(name: str) -> bool:
    return bool(words := _WORDS.findall(name)) and words[-1].lower() in ("name", "ref", "key", "enabled", "create")


def _from_text(text: str, *, secret: bool) -> Iterator[str]:
    if secret:
        yield from filter(None, (line.strip() for line in text.splitlines()))
    # A database URL contains its password, whatever its name.
    yield from re.findall(r"[a-z][a-z0-9+.-]{0,30}://[^\s/@:]*:([^\s/@]+)@", text)


def _in_manifest(manifest: str) -> Iterator[str]:
    for document in _DOCUMENT.split(manifest):
        if _SECRET_KIND.search(document):
            made = yaml.safe_load(document)
            yield from _in_secret(made) if isinstance(made, Mapping) else ()


def _in_secret(secret: Mapping[str, object]) -> Iterator[str]:
    for name, text in _entries(secret):
        if name.endswith(_STRUCTURED):
            # The release's own values, which are checked by their names.
            continue
        if (structure := _as_json(text)) is not None:
            yield from _by_name(structure)
        elif "\n" not in text.strip():
            yield text.strip()


def _entries(secret: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    data, plain = secret.get("data"), secret.get("stringData")
    for name, text in (data if isinstance(data, Mapping) else {}).items():
        decoded = base64.b64decode(str(text) + "==").decode("utf-8", "ignore")
        yield str(name), decoded
    for name, text in (plain if isinstance(plain, Mapping) else {}).items():
        yield str(name), str(text)


def _as_json(text: str) -> object:
    try:
        structure = json.loads(text)
    except ValueError:
        return None
    return structure if isinstance(structure, Mapping) else None


def _forms(text: str) -> Iterable[str]:
    """Return the text as it is, in a URL, in JSON and in base64, each as a log line shows it."""
    written = (
        text,
        quote(text, safe=""),
        quote_plus(text),
        json.dumps(text)[1:-1],
        json.dumps(text, ensure_ascii=False)[1:-1],
        base64.b64encode(text.encode()).decode().rstrip("="),
    )
    return {shown for form in written if (shown := escaping.code(form).strip())}
