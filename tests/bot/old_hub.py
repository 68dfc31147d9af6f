"""The sandbox's hub as if nobody had touched it for years: an old chart, its login in the old form."""

import asyncio
import json
import os
import subprocess
import tempfile
from copy import deepcopy

from sandbox.helm.release_history import helm_path

CRYPT_KEY = "5f" * 32


def _helm(ready, *arguments, given=None):
    command = [helm_path(), *arguments, f"--namespace={ready['namespace']}", f"--kubeconfig={ready['kubeconfig']}"]
    with tempfile.TemporaryDirectory() as home:
        # Helm keeps its caches in the home, and without one where it was started.
        env = {"PATH": os.environ["PATH"], "HOME": home}
        ended = subprocess.run(command, input=given, capture_output=True, check=False, env=env)
    assert ended.returncode == 0, ended.stderr.decode()
    return ended.stdout


async def live_values(ready):
    """Return the live values, secrets and all."""
    return json.loads(await asyncio.to_thread(_helm, ready, "get", "values", str(ready["release"]), "--output=json"))


async def age(ready):
    """Deploy chart 1.1.3 with the same values in the form of that time. Return these values."""
    old = _aged(await live_values(ready))
    source = [str(ready["chart"]), f"--repo={ready['chart_repository']}", "--version=1.1.3"]
    command = ("upgrade", str(ready["release"]), *source, "--values=-", "--timeout=50s")
    await asyncio.to_thread(_helm, ready, *command, given=json.dumps(old).encode())
    return old


def _aged(values):
    old = deepcopy(values)
    login = old["hub"]["config"].pop("AzureAdOAuthenticator")
    # Charts before 2 know no roles.
    old["hub"].pop("loadRoles", None)
    old["hub"]["config"].pop("JupyterHub", None)
    old["hub"]["config"].pop("KubeSpawner", None)
    old["auth"] = {
        "type": "azuread",
        "allowedUsers": ["olu@example.org"],
        "state": {"enabled": True, "cryptoKey": CRYPT_KEY},
        "azuread": {
            "clientId": login["client_id"],
            "clientSecret": login["client_secret"],
            "tenantId": login["tenant_id"],
            "callbackUrl": login["oauth_callback_url"],
        },
    }
    return old
