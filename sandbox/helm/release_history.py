"""The release's past: installed with the real helm, then dated back to the times of the scenario."""

import asyncio
import base64
import gzip
import json
import os
import shutil
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sandbox.apiserver.objects.json_objects import timestamp
from sandbox.apiserver.objects.resource_kinds import SECRET, Json
from sandbox.apiserver.storage.store import Store
from sandbox.helm.errors import HelmError

CHART = Path(__file__).with_name("chart")
_WITHIN = 240.0


@dataclass(frozen=True)
class Revision:
    """A past revision of the release: its image tag, its age, and the description that its author gave."""

    tag: str
    days_ago: float
    description: str = ""


# Names the helm to run, instead of looking for one.
HELM_VARIABLE = "JHUB_SANDBOX_HELM"


def helm_path() -> str:
    """Return the helm that the environment names, or one beside this Python, on the PATH or built. Raise HelmError."""
    if named := os.environ.get(HELM_VARIABLE):
        return named
    beside = Path(sys.executable).with_name("helm")
    found = str(beside) if beside.exists() else shutil.which("helm") or _built()
    if found is None:
        raise HelmError("helm was not found next to this Python or on the PATH; `make helm` builds one where Go is")
    return found


def _built() -> str | None:
    """Return the newest helm in the person's cache (`make helm`)."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "jhub-bot" / "helm"
    return max(map(str, cache.glob("helm-v*[0-9]")), default=None)


async def upgrade(release: str, namespace: str, kubeconfig: Path, values: Json, description: str, home: Path) -> None:
    """Install or upgrade the release from the sandbox's chart. Raise HelmError.

    Helm waits for hooks only: its `--wait` polls every two seconds, whatever the sandbox's clock does. It caches what
    it finds out about the API in `home`.
    """
    command = [
        *(helm_path(), "upgrade", release, str(CHART), "--install", "--reset-values", "--values=-"),
        # The chart is our own: holding it against the API's whole description is a third of helm's work.
        *(
            f"--namespace={namespace}",
            f"--kubeconfig={kubeconfig}",
            "--timeout=230s",
            "--disable-openapi-validation",
        ),
        *([f"--description={description}"] if description else []),
    ]
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    homes = {f"HELM_{kind}_HOME": str(home) for kind in ("CACHE", "CONFIG", "DATA")}
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        # It is over before collecting Go's garbage would pay.
        env=environment | homes | {"KUBECACHEDIR": str(home), "GOGC": "off"},
    )
    errors = await _errors(process, json.dumps(values).encode())
    if process.returncode != 0:
        raise HelmError(errors.decode(errors="replace").strip())


async def _errors(process: asyncio.subprocess.Process, values: bytes) -> bytes:
    """Return helm's error output at its end. The process never outlives its caller."""
    try:
        async with asyncio.timeout(_WITHIN):
            _, errors = await process.communicate(values)
    except TimeoutError:
        raise HelmError(f"helm did not finish within {_WITHIN:.0f} s") from None
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
    return errors


def date_back(store: Store, release: str, namespace: str, revision: int, when: datetime, first: datetime) -> None:
    """Set the time of the revision's record to `when`, and that of the release's first one to `first`."""

    def change(secret: Json) -> None:
        secret["metadata"]["creationTimestamp"] = timestamp(when)
        secret["metadata"]["labels"]["modifiedAt"] = str(int(when.timestamp()))
        secret["data"]["release"] = _packed(_dated(_unpacked(secret["data"]["release"]), when, first))

    store.modify(SECRET, namespace, f"sh.helm.release.v1.{release}.v{revision}", change)


def _dated(record: dict[str, Any], when: datetime, first: datetime) -> dict[str, Any]:
    stamps = {"first_deployed": first.isoformat(), "last_deployed": when.isoformat()}
    return record | {"info": record["info"] | stamps}


def _unpacked(data: str) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(gzip.decompress(base64.b64decode(base64.b64decode(data))))
    return record


def _packed(record: dict[str, Any]) -> str:
    packed = gzip.compress(json.dumps(record, separators=(",", ":")).encode())
    return base64.b64encode(base64.b64encode(packed)).decode()
