"""Places of users' homes, by a chart's version and its values: which claim is mounted, and which folder of it. Pure.

Read in Zero to JupyterHub's files/hub/jupyterhub_config.py of 1.1.3, 2.0.0, 3.3.8 and 4.4.0, and in KubeSpawner's
spawner.py (`_expand_user_properties`) of 1.1, 6.2 and 7.1. Pods and volumes inside pods have names too, by templates of
their own (`pod_name_template`, `volumeNameTemplate`): no claim depends on them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from string import Formatter
from typing import Final

from commands.kubernetes.claim_names import escaped, joint_slug, slug

# The first chart with KubeSpawner 7, and so with the scheme `safe`.
_SLUGS: Final = 4
# The chart's template before chart 4, and KubeSpawner's own since.
OLD_TEMPLATE: Final = "claim-{username}{servername}"
_DEFAULT_TEMPLATE: Final = "claim-{user_server}"
# Code that names homes, or mounts others.
_BY_CODE: Final = re.compile(r"slug_scheme|pvc_name|\.volumes\s*=|spawner_class|namespace_template")
_PROBES: Final = (
    "ada",
    "Ann",
    "ada@example.org",
    "a--b",
    "1st",
    "søren.å@example.org",
    "x" * 30,
    "Y" * 60,
    "-",
    "x.y-z",
)
_PROBE_SERVERS: Final = ("", "lab", "my-srv", "Big Lab", "s" * 40)


@dataclass(frozen=True)
class HomePlace:
    """The place of one server's home: the claim, the folder of it, and the namespace if that is not the hub's."""

    claim: str
    folder: str = ""
    namespace: str = ""


@dataclass(frozen=True)
class HomePlaces:
    """The rule by which a hub finds homes. `claim` is the template of their claims, empty if nothing is kept.

    `safe` says that names go by the scheme `safe`, `slugs` that KubeSpawner knows both schemes (7 and newer). `unknown`
    says why the rule cannot be told from the values; it is empty otherwise. `remembers` says that the hub looks for a
    claim by the rule only at a server's first start, and by the name that it had then ever after.
    """

    claim: str
    folder: str = ""
    namespace: str = ""
    safe: bool = False
    slugs: bool = False
    unknown: str = ""
    remembers: bool = False

    def place(self, user: str, server: str = "") -> HomePlace | None:
        """Return the place of a server's home, or None if there is none or it cannot be told."""
        if not self.claim or self.unknown:
            return None
        fields = self._fields(user, server)
        claim, folder, namespace = (_expanded(one, fields) for one in (self.claim, self.folder, self.namespace))
        if claim is None or folder is None or namespace is None:
            return None
        return HomePlace(claim, folder, namespace)

    def surely_agrees(self, other: "HomePlaces") -> bool:
        """Return True if both find the same home for whatever name; names of every kind are tried."""
        if self == other:
            return True
        places = [(self.place(*one), other.place(*one)) for one in product(_PROBES, _PROBE_SERVERS)]
        return all(old is not None and old == new for old, new in places)

    def _fields(self, user: str, server: str) -> dict[str, str]:
        old_user, old_server = escaped(user), escaped(server)
        # What only the hub and the cluster know stays as it is written: it is the same before and after.
        fields = {name: f"{{{name}}}" for name in ("userid", "hubnamespace")}
        fields |= {"unescaped_username": user, "unescaped_servername": server}
        if not self.slugs:
            legacy = re.sub(r"[^a-z0-9]", "-", user.lower())
            return fields | {"username": old_user, "servername": old_server, "legacy_escape_username": legacy}
        new = {"username": slug(user), "servername": slug(server) if server else "", "user_server": ""}
        new["user_server"] = joint_slug(user, server)
        joint = f"{old_user}--{old_server}"
        old = {"username": old_user, "servername": old_server, "user_server": joint if server else old_user}
        return {
            **fields,
            **(new if self.safe else old),
            **{f"safe_{name}": one for name, one in new.items()},
            **{f"escaped_{name}": one for name, one in old.items()},
            # Its two hyphens stay where no server's name follows.
            "escaped_user_server": joint,
        }


def _expanded(template: str, fields: Mapping[str, str]) -> str | None:
    """Return the template with its fields filled in, or None if that is more than replacing names."""
    made = ""
    try:
        for text, field, form, conversion in Formatter().parse(template):
            if field is not None and (field not in fields or form or conversion):
                return None
            made += text + (fields[field] if field is not None else "")
    except ValueError:
        return None
    return made if template.endswith("-") else made.rstrip("-")


def home_places(values: Mapping[str, object], major: int) -> HomePlaces:
    """Return the rule that a chart of that major version follows. The chart's defaults are among the values."""
    spawner = _spawner(values)
    storage = _at(values, "singleuser", "storage")
    kind = _at(storage, "type") or "dynamic"
    if kind == "none":
        return HomePlaces("")
    section = _at(storage, str(kind))
    slugs = major >= _SLUGS
    return HomePlaces(
        claim=_static(section) if kind == "static" else _template(section, spawner, slugs=slugs),
        folder=_text(_at(section, "subPath")),
        namespace=_namespace(spawner),
        safe=slugs and (spawner.get("slug_scheme") or "safe") != "escape",
        slugs=slugs,
        unknown=_unknown(values, spawner, kind),
        remembers=slugs and spawner.get("remember_pvc_name") is not False,
    )


def _template(section: object, spawner: Mapping[str, object], *, slugs: bool) -> str:
    """Return the template of the claim that is mounted: before chart 4 that is the chart's, whatever is created."""
    charts = _text(_at(section, "pvcNameTemplate"))
    if not slugs:
        return charts or OLD_TEMPLATE
    return _text(spawner.get("pvc_name_template")) or charts or _DEFAULT_TEMPLATE


def _static(section: object) -> str:
    return _text(_at(section, "pvcName")) or "home"


def _namespace(spawner: Mapping[str, object]) -> str:
    if spawner.get("enable_user_namespaces") is True:
        return _text(spawner.get("user_namespace_template")) or "{hubnamespace}-{username}"
    return _text(spawner.get("namespace"))


def _unknown(values: Mapping[str, object], spawner: Mapping[str, object], kind: object) -> str:
    if kind not in ("dynamic", "static"):
        return "singleuser.storage.type is none that the bot knows"
    if _at(values, "hub", "config", "JupyterHub", "spawner_class") not in (None, "kubespawner.KubeSpawner"):
        return "the hub has a spawner of its own"
    if spawner.keys() & {"volumes", "volume_mounts"}:
        return "hub.config.KubeSpawner mounts volumes of its own"
    code = (_at(values, "hub", "extraConfig"), _at(values, "hub", "extraFiles"))
    return "code in the values may name them" if _BY_CODE.search(repr(code)) else ""


def _spawner(values: Mapping[str, object]) -> dict[str, object]:
    """Return the spawner's settings; a class's own come before those of the class it is made from."""
    found = (_at(values, "hub", "config", name) for name in ("Spawner", "KubeSpawner"))
    return {name: one for section in found if isinstance(section, Mapping) for name, one in section.items()}


def _at(node: object, *path: str) -> object:
    for name in path:
        node = node.get(name) if isinstance(node, Mapping) else None
    return node


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
