#!/usr/bin/env python3
r"""Sets the bot up in Azure, outside the cluster that it looks after: says what it will do, asks, and does it.

It needs Python 3.11, the Azure CLI with somebody logged in, and nothing else. Run again, it mends what is not so and
leaves alone what is. What only may be read is read before it asks; nothing is changed until it has been told yes.

    deploy/azure/setup.py --resource-group jhub-bot --location westeurope --cluster jhub-aks \
        --cluster-resource-group jhub --image jhub.azurecr.io/jhub-teams-bot@sha256:… --config config.yaml \
        --kubeconfig bot.kubeconfig --hub-token token
"""

import argparse
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from execution import SetupError, az, do
from steps import describe, plan, survey

_NAME: Final = re.compile(r"[a-z][a-z0-9-]{1,14}[a-z0-9]")
_GUID: Final = re.compile(r"([0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})?")
_IMAGE: Final = re.compile(r"[a-z0-9.-]+(:\d+)?/[a-z0-9._/-]+(:[\w.-]+)?(@sha256:[0-9a-f]{64})?")


def _of(pattern: re.Pattern[str], example: str) -> Callable[[str], str]:
    def check(text: str) -> str:
        if not pattern.fullmatch(text):
            raise argparse.ArgumentTypeError(f"“{text[:60]}” is not of the form {example}")
        return text

    return check


def _file(text: str) -> Path:
    path = Path(text).absolute()
    if not path.is_file():
        raise argparse.ArgumentTypeError(f"{text} is not a file")
    if set("{}") & set(str(path)):
        raise argparse.ArgumentTypeError(f"{text} has a brace in its name: rename it")
    return path


_RESOURCE: Final = _of(re.compile(r"([\w.()][\w.()-]{0,89})?"), "jhub-aks")


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    made = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    made.add_argument(
        "--name", type=_of(_NAME, "jhub-bot"), default="jhub-bot", help="prefix of the names of all that it creates"
    )
    made.add_argument("--resource-group", type=_RESOURCE, required=True, help="for the bot; created if missing")
    made.add_argument("--location", type=_of(re.compile(r"[a-z0-9]+"), "westeurope"), required=True)
    made.add_argument("--cluster", type=_RESOURCE, required=True, help="the managed cluster of the hub")
    made.add_argument("--cluster-resource-group", type=_RESOURCE, required=True)
    made.add_argument("--registry", type=_RESOURCE, default="", help="the registry of the users' image")
    made.add_argument("--registry-resource-group", type=_RESOURCE, default="")
    made.add_argument("--image", type=_of(_IMAGE, "jhub.azurecr.io/jhub-teams-bot@sha256:…"), required=True)
    made.add_argument("--image-registry", type=_RESOURCE, default="", help="of the bot's own image, if it is in Azure")
    made.add_argument("--config", type=_file, required=True, help="the bot's configuration")
    made.add_argument("--kubeconfig", type=_file, required=True, help="for the bot's account in the cluster")
    made.add_argument("--hub-token", type=_file, required=True, help="a file with the token of the hub's service")
    made.add_argument("--hub-app-id", type=_of(_GUID, "a client id"), default="", help="to rotate the hub's secret")
    made.add_argument("--yes", action="store_true", help="do not ask for confirmation")
    made.add_argument("--plan", action="store_true", help="only show what would be done")
    return made


def main(arguments: list[str]) -> int:
    """Read, show the steps, ask, do them. Return the exit status: 0, 1 if it failed, 3 if the answer was not yes."""
    given = parser().parse_args(arguments)
    try:
        known = survey(az, given)
        steps = plan(az, given, known)
        print(f"As {known['who']}, in the subscription {known['subscription']}, this is what will be done:\n")
        print("\n".join(describe(step, number) for number, step in enumerate(steps, 1)))
        if given.plan:
            return 0
        if not given.yes and input("\nDo it? (yes/no) ").strip().casefold() != "yes":
            print("Nothing was changed.")
            return 3
        result = do(az, steps, print)
    except SetupError as error:
        print(f"Cannot continue: {error}", file=sys.stderr)
        return 1
    except EOFError:
        print("\nNothing was changed.")
        return 3
    print(f"\nThe bot answers at {result['endpoint']}\nIts app id, for the Teams app: {result['clientId']}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
