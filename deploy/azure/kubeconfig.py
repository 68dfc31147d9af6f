#!/usr/bin/env python3
"""Writes a kubeconfig for the bot's account in the hub's cluster, for a bot that runs outside of it.

It asks kubectl for the address of the cluster it is set to and for the account's token, which the bot's chart makes
with `outside: true`. The file is for its owner's eyes alone, and never written over another.
"""

import argparse
import base64
import binascii
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any


class KubeconfigError(Exception):
    """A kubeconfig that cannot be written. The message says why, in words for the terminal."""


def kubectl(*arguments: str) -> dict[str, Any]:
    """Return kubectl's output as JSON. Raise KubeconfigError with its error message if it fails."""
    command = ["kubectl", *arguments, "--output", "json"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        raise KubeconfigError(f"kubectl cannot be started: {error.strerror}") from None
    if done.returncode:
        raise KubeconfigError(f"kubectl {arguments[0]}: {done.stderr.strip() or 'failed without a message'}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def kubeconfig(server: str, secret: dict[str, Any], namespace: str) -> dict[str, Any]:
    """Return a kubeconfig for the account of the token in `secret`. Raise KubeconfigError."""
    data = secret.get("data") or {}
    if secret.get("type") != "kubernetes.io/service-account-token" or not {"token", "ca.crt"} <= set(data):
        raise KubeconfigError("the Secret contains no account token, or not yet: try again in a moment")
    try:
        token = base64.b64decode(data["token"], validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise KubeconfigError("the Secret's token cannot be read") from None
    context = {"cluster": "hub", "user": "bot", "namespace": namespace}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "hub", "cluster": {"server": server, "certificate-authority-data": data["ca.crt"]}}],
        "users": [{"name": "bot", "user": {"token": token}}],
        "contexts": [{"name": "bot", "context": context}],
        "current-context": "bot",
    }


def write(path: Path, content: dict[str, Any]) -> None:
    """Write the file if there is none yet. Raise KubeconfigError."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump(content, file, indent=1)
    except OSError as error:
        raise KubeconfigError(f"{path}: {error.strerror}") from None


def main(arguments: list[str]) -> int:
    """Ask kubectl and write the file. Return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--namespace", required=True, help="the namespace of the bot's chart")
    parser.add_argument("--secret", required=True, help="its Secret with the token: the release's name plus -token")
    parser.add_argument("--hub-namespace", default="jhub")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args(arguments)
    try:
        view = kubectl("config", "view", "--minify")
        secret = kubectl("get", "secret", given.secret, f"--namespace={given.namespace}")
        write(given.out, kubeconfig(view["clusters"][0]["cluster"]["server"], secret, given.hub_namespace))
    except KubeconfigError as error:
        print(f"No kubeconfig was written: {error}", file=sys.stderr)
        return 1
    print(f"{given.out} is as sensitive as a password: put it into the vault, then delete it.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
