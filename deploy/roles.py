"""Writes what the bot may do where it is granted: the chart's roles, Azure's, and the sections of the bot's settings.

One list each stands beside the clients (clients/kube/permissions.py, clients/azure/permissions.py, bot/config);
what is written here is never edited by hand, and tests/deploy fails when it is behind. `make roles` runs this.
"""

import json
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from bot.config.settings import Settings
from clients.azure.permissions import BOT, CLUSTER, QUOTA, REGISTRY
from clients.kube.permissions import GATEWAYS, PERMISSIONS, Permission

HERE: Final = Path(__file__).resolve().parent
_WHERE: Final = {"hub": "hub", "kube-system": "kube-system", "gateway": "gateway", "": "cluster"}
_HEAD: Final = "{{/* Made by deploy/roles.py from clients/kube/permissions.py. */}}\n"


def files() -> dict[Path, str]:
    """Return each generated file with its content."""
    chart = HERE / "chart"
    schema = chart / "values.schema.json"
    return {
        chart / "templates" / "_rules.tpl": rules((*PERMISSIONS, *GATEWAYS)),
        schema: _with_sections(schema.read_text("utf-8")),
        HERE / "azure" / "actions.json": _json(
            {
                "bot": sorted(BOT),
                "cluster": sorted(CLUSTER),
                "quota": sorted(QUOTA),
                "registry": sorted(REGISTRY),
            }
        ),
    }


def rules(permissions: Iterable[Permission]) -> str:
    """Return named templates with the rules for each place.

    These are the hub's namespace, kube-system, a namespace of the hub's Gateways, the whole cluster.
    """
    found: dict[str, dict[tuple[str, str], list[str]]] = {name: defaultdict(list) for name in _WHERE.values()}
    for one in permissions:
        found[_WHERE[one.namespace]][one.group, one.resource].append(one.verb)
    return _HEAD + "".join(_template(name, rules_by_resource) for name, rules_by_resource in found.items())


def _template(name: str, rules_by_resource: dict[tuple[str, str], list[str]]) -> str:
    lines = [_rule(group, resource, verbs) for (group, resource), verbs in sorted(rules_by_resource.items())]
    return f'{{{{- define "jhub-bot.rules.{name}" -}}}}\n{"".join(lines)}{{{{- end }}}}\n'


def _rule(group: str, resource: str, verbs: list[str]) -> str:
    return f'- apiGroups: ["{group}"]\n  resources: [{resource}]\n  verbs: [{", ".join(sorted(set(verbs)))}]\n'


def _with_sections(schema: str) -> str:
    """Return the chart's schema with the sections of the bot's configuration."""
    made = json.loads(schema)
    made["properties"]["config"]["properties"] = {name: _section(name) for name in sorted(Settings.model_fields)}
    return _json(made)


def _section(name: str) -> dict[str, object]:
    # What the chart decides by itself: where the bot listens, and where its files are.
    return False if name in _CHARTS else {"type": "object"}  # type: ignore[return-value]


_CHARTS: Final = ("state_dir",)


def _json(made: object) -> str:
    return json.dumps(made, indent=2, ensure_ascii=False) + "\n"


def main() -> int:
    """Write what has changed; the exit status."""
    for path, text in files().items():
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
            sys.stdout.write(f"{path.relative_to(HERE.parent)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
