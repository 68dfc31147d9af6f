"""The files of the sandbox: readable by their owner only, and never in place of somebody else's file."""

import os
from pathlib import Path
from typing import Final

import yaml

_NAME: Final = "sandbox"


class CannotStartError(Exception):
    """A port or a file that the sandbox needs and cannot use. The message is a sentence for the terminal."""


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read. Raise CannotStartError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            # One that was there before keeps its mode otherwise.
            os.fchmod(file.fileno(), 0o600)
            file.write(text)
    except OSError as error:
        raise CannotStartError(f"{path} cannot be written: {error.strerror}.") from error


def write_kubeconfig(path: Path, api_url: str, namespace: str) -> None:
    """Write a kubeconfig, over one of a sandbox at most: never over a real cluster's. Raise CannotStartError."""
    if path.is_file() and not _is_ours(path):
        raise CannotStartError(f"{path} is not a sandbox's kubeconfig: name a file of its own.")
    write_private(path, yaml.safe_dump(_kubeconfig(api_url, namespace)))


def _is_ours(path: Path) -> bool:
    try:
        held = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        return False
    match held:
        case None:
            return True
        case {"clusters": [{"name": "sandbox", "cluster": {"server": str() as address}}]}:
            return address.startswith("http://127.0.0.1:")
    return False


def _kubeconfig(api_url: str, namespace: str) -> dict[str, object]:
    # No credentials: Go clients send none over plain HTTP, and nobody but this machine is listened to.
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": _NAME, "cluster": {"server": api_url}}],
        "users": [{"name": _NAME, "user": {}}],
        "contexts": [{"name": _NAME, "context": {"cluster": _NAME, "user": _NAME, "namespace": namespace}}],
        "current-context": _NAME,
    }
