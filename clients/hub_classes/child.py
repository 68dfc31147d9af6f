"""Program that asks JupyterHub's own classes what they take, in an environment that has them.

`python -I -B child.py` reads a request from standard input and writes one answer to standard output, both JSON:
`{"versions": {…}}` for `{}`, and with `{"configs": [{"Class": {"trait": value}}]}` also `"findings"`, a list for each
configuration. It loads them and starts nothing: no network, no process, no written file, no code of anybody's values.
It needs nothing of the bot, so that it runs under another Python.
"""

# ruff: noqa: ANN401 - the classes are another environment's: their types are not here

import asyncio
import contextlib
import ctypes
import importlib
import importlib.metadata
import json
import logging
import os
import re
import resource
import sys
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, NoReturn, cast

_PACKAGES: Final = ("jupyterhub", "jupyterhub-kubespawner", "oauthenticator")
# The packages whose classes may be loaded: what values name is not imported for being named.
_TRUSTED: Final = frozenset({"jupyterhub", "oauthenticator"})
_MIB: Final = 2**20
_LIMITS: Final = {
    resource.RLIMIT_CPU: 30,
    resource.RLIMIT_AS: 768 * _MIB,
    resource.RLIMIT_FSIZE: 0,
    resource.RLIMIT_NOFILE: 128,
    resource.RLIMIT_CORE: 0,
}
MOST_REQUEST: Final = 8 * _MIB
_MOST_FINDINGS: Final = 100
_MOST_PROFILES: Final = 50
_MOST_TRIES: Final = 5
_LONGEST: Final = 300
_NEAR: Final = 0.75
_REFUSED: Final = (
    *("socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostbyname"),
    *("subprocess.Popen", "os.system", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "pty.spawn"),
    *("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.chmod", "os.chown", "os.kill"),
)
# They would import or build what a string names; the classes that count are loaded by name, from trusted packages.
_NAME_CODE: Final = frozenset({"logging_config", "spawner_class", "authenticator_class", "proxy_class"})
_NEW_NETWORK: Final = 0x40000000
_POD: Final = "KubeSpawner"
_WRITING: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
Config = Mapping[str, Mapping[str, Any]]
Place = tuple[str | int, ...]
Cause = tuple[Place, str]
Finding = dict[str, Any]


def _confine() -> None:
    """Limit this process, for good. A network of its own, which is none, takes a right that few have.

    Where memory runs out, it is this process that ends, and not the bot.
    """
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", "ascii")
    with contextlib.suppress(Exception):
        ctypes.CDLL(None).unshare(_NEW_NETWORK)
    for kind, most in _LIMITS.items():
        _, hard = resource.getrlimit(kind)
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (least, least))
    sys.addaudithook(_audit)
    logging.disable(logging.CRITICAL)


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if event in _REFUSED or (event == "open" and arguments[2] & _WRITING):
        raise PermissionError(event)


class _Judge:
    """The classes by one configuration. `findings` grow as it is asked."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.findings: list[Finding] = []
        self._traitlets = importlib.import_module("traitlets")
        self._loader = importlib.import_module("traitlets.config")

    def judge(self) -> list[Finding]:
        hub = importlib.import_module("jupyterhub.app").JupyterHub
        self._load(hub, lambda config: hub(config=config))
        if authenticator := self._authenticator(hub):
            self._load(authenticator, lambda config: authenticator(config=config))
        if self._is_kube_spawner():
            spawner: Any = importlib.import_module("kubespawner.spawner")
            spawner.load_config = lambda **_: None
            self._load(spawner.KubeSpawner, _Pods(spawner.KubeSpawner))
        return self.findings[:_MOST_FINDINGS]

    def _is_kube_spawner(self) -> bool:
        named = str(self.config.get("JupyterHub", {}).get("spawner_class") or _POD)
        if named.lower() in ("kubespawner", "kubespawner.kubespawner"):
            return True
        self._found("missing", "JupyterHub", "spawner_class", named)
        return False

    def _authenticator(self, hub: Any) -> Any:
        """Return the authenticator's class, or None for one that is not to be loaded, which is a finding."""
        named = self.config.get("JupyterHub", {}).get("authenticator_class") or "dummy"
        points = importlib.metadata.entry_points(group="jupyterhub.authenticators")
        known = {one.name.lower(): one.value for one in points}
        root = re.split(r"[.:]", known.get(str(named).lower(), str(named)))[0]
        config = self._loader.Config({"JupyterHub": {"authenticator_class": named}})
        try:
            if root in _TRUSTED:
                return hub(config=config).authenticator_class
        except (ImportError, self._traitlets.TraitError):
            pass
        self._found("missing", "JupyterHub", "authenticator_class", str(named))
        return None

    def _load(self, kind: Any, make: Callable[[Any], object]) -> None:
        """Check each trait of a class by itself, then all of them together, without those that were refused."""
        good = self._checked(kind)
        for _ in range(_MOST_TRIES):
            try:
                make(self._loader.Config(good))
            except Exception as error:  # noqa: BLE001 - whatever a class raises ends the hub's start
                causes = error.causes if isinstance(error, _NoPodError) else [*_named(error, good)]
                for (owner, name, *below), text in causes:
                    self._found("load", str(owner), str(name), text, below=below)
                    good[str(owner)].pop(str(name), None)
                if not causes:
                    self._found("load", kind.__name__, "", _words(error))
                    return
            else:
                return

    def _checked(self, kind: Any) -> dict[str, dict[str, Any]]:
        """Return what is of the right type."""
        traits = kind.class_traits(config=True)
        bare = kind.__new__(kind)
        bare._cross_validation_lock = True  # noqa: SLF001 - types alone: what depends on other traits comes later
        good: dict[str, dict[str, Any]] = {}
        for owner, given in self.config.items():
            if owner not in {one.__name__ for one in kind.__mro__}:
                continue
            for name, value in given.items():
                if name in _NAME_CODE or self._names_a_class(traits.get(name)):
                    continue
                if name not in traits:
                    self._unknown(kind, owner, name, traits)
                elif self._is_taken(bare, owner, name, traits[name], value):
                    good.setdefault(owner, {})[name] = value
        return good

    def _names_a_class(self, trait: Any) -> bool:
        kinds = self._traitlets
        is_collection = isinstance(trait, kinds.Container | kinds.Dict)
        return isinstance(trait, kinds.Type | kinds.Instance) and not is_collection

    def _unknown(self, kind: Any, owner: str, name: str, traits: Mapping[str, Any]) -> None:
        near = get_close_matches(name, traits, 1, _NEAR)
        self._found("unknown", owner, name, kind.__name__, near="".join(near))

    def _is_taken(self, bare: Any, owner: str, name: str, trait: Any, value: Any) -> bool:
        try:
            trait._validate(bare, value)  # noqa: SLF001 - traitlets' own way in is an assignment to a whole object
        except Exception:  # noqa: BLE001 - a validator of a class may raise anything
            self._found("type", owner, name, _expected(trait))
            return False
        return True

    def _found(self, what: str, owner: str, name: str, text: str, **more: object) -> None:
        self.findings.append({"what": what, "owner": owner, "trait": name, "text": text[:_LONGEST], **more})


def _named(error: Exception, given: Config) -> Iterator[Cause]:
    """Yield the traits that an error names, of those that are set: “a requires b” names b as well, which is not."""
    words = set(re.findall(r"\w+", str(error)))
    for owner, traits in given.items():
        for name, value in traits.items():
            if name in words and value:
                yield (owner, name), _words(error)


class _NoPodError(Exception):
    """A pod that cannot be made, with what keeps it from that."""

    def __init__(self, error: Exception, causes: list[Cause]) -> None:
        super().__init__(_words(error))
        self.causes = causes


class _Pods:
    """The manifests of the pods that a configuration of KubeSpawner makes; nobody gets them."""

    def __init__(self, kind: Any) -> None:
        self._kind = kind
        self._config = importlib.import_module("traitlets.config").Config

    def __call__(self, config: Any) -> None:
        if self._error({}) is not None:
            # This version cannot be asked without a hub.
            return
        if error := self._error(config):
            raise _NoPodError(error, [*self._alone(config)])
        for place, user_options in self._profiles(config):
            if error := self._error(config, user_options):
                raise _NoPodError(error, [(place, _words(error))])

    def _alone(self, config: Config) -> Iterator[Cause]:
        """Yield what keeps a pod from being made by itself: a trait, or one of its entries."""
        for owner, traits in config.items():
            for name, value in traits.items():
                if (error := self._error({owner: {name: value}})) is None:
                    continue
                entries = [(key, self._error({owner: {name: entry}})) for key, entry in _entries(value)]
                bad: list[Cause] = [((owner, name, key), _words(one)) for key, one in entries if one]
                yield from bad or [((owner, name), _words(error))]

    def _profiles(self, config: Config) -> Iterator[tuple[Place, dict[str, str]]]:
        """Yield the place of each profile, with the options by which a user chooses it."""
        given = config.get(_POD, {}).get("profile_list")
        with contextlib.suppress(Exception):
            for index, slug in enumerate(asyncio.run(self._slugs(given))[:_MOST_PROFILES]):
                place: Place = (_POD, "profile_list", index) if isinstance(given, list) else (_POD, "profile_list")
                yield place, {"profile": slug}

    async def _slugs(self, profiles: object) -> list[str]:
        """Return the slugs, as the spawner makes them."""
        spawner = self._kind(config=self._config(), _mock=True)
        listed = profiles if isinstance(profiles, list) else spawner._sorted_dict_values(profiles)  # noqa: SLF001
        return [one["slug"] for one in spawner._get_initialized_profile_list(listed)]  # noqa: SLF001

    def _error(self, config: Any, user_options: Mapping[str, str] | None = None) -> Exception | None:
        """Return what a pod's making raises, or None."""

        async def make() -> None:
            spawner = self._kind(config=self._config(config), _mock=True)
            spawner.user_options = user_options or {}
            await spawner.load_user_options()
            await spawner.get_pod_manifest()

        try:
            asyncio.run(make())
        except Exception as error:  # noqa: BLE001 - whatever it raises ends the server's start
            return error
        return None


def _entries(value: object) -> list[tuple[str | int, object]]:
    """Return each entry of a collection, as a collection of its own."""
    if isinstance(value, Mapping):
        return [(str(key), {key: one}) for key, one in value.items()]
    return [(index, [one]) for index, one in enumerate(value)] if isinstance(value, list) else []


def _expected(trait: Any) -> str:
    """Return what a trait takes, in traitlets' words: of the class, never of the value."""
    if type(trait).__name__ == "ByteSpecification":
        return "a number of bytes or a size such as 512M or 2G"
    with contextlib.suppress(Exception):
        text = re.sub(r"\s+", " ", str(trait.info()))
        inner = getattr(trait, "_trait", None) or getattr(trait, "_value_trait", None)
        each = re.sub(r"\s+", " ", str(inner.info())) if inner is not None else "any value"
        return text if each == "any value" else f"{text}, each of {each}"
    return type(trait).__name__


def _words(error: Exception) -> str:
    # After this comes the value.
    text = re.sub(r"\s+", " ", str(error)).partition(", not the ")[0].strip()
    return text if isinstance(error, _NoPodError) else f"{type(error).__name__}: {text}"


def _versions() -> dict[str, str]:
    made = {}
    for one in _PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            made[one] = importlib.metadata.version(one)
    return made


def main() -> NoReturn:
    """Answer one request."""
    _confine()
    # jsonschema builds its parser of IRIs whenever it is loaded, which takes as long as all the rest; JupyterHub brings
    # it along for its events, and no class is asked about an IRI.
    sys.modules["rfc3987_syntax"] = cast("Any", None)
    request = json.loads(sys.stdin.buffer.read(MOST_REQUEST))
    answer: dict[str, object] = {"versions": _versions()}
    if "configs" in request:
        answer["findings"] = [_Judge(one).judge() for one in request["configs"]]
    json.dump(answer, sys.stdout)
    sys.stdout.flush()
    # Nothing that was loaded needs an end of its own.
    os._exit(0)


if __name__ == "__main__":
    main()
