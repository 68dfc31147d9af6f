"""The helm that tests run: the one of this environment, or the one that JHUB_TEST_HELM names.

JHUB_TEST_HELM is a version that `make helm` has built (“4.3.2”) or a path. The bot, the sandbox and the tests' own
calls all take it. Not every machine has those: what was not built is skipped by name.
"""

import os
import subprocess
from pathlib import Path
from typing import Final

from clients.helm.program import built
from clients.helm.version import program_of
from sandbox.helm.release_history import helm_path

VARIABLE: Final = "JHUB_TEST_HELM"
# What reads it: the bot's own setting, and the sandbox.
_TAKEN_BY: Final = ("JHUB_BOT_RELEASE__HELM", "JHUB_SANDBOX_HELM")


def _choose() -> None:
    """Have everything that this process starts take the helm that was named. Raise FileNotFoundError."""
    if named := os.environ.get(VARIABLE):
        path = Path(named) if "/" in named else built().get(named)
        if path is None or not path.is_file():
            raise FileNotFoundError(f"{VARIABLE}={named}: `make helm` builds {named}")
        os.environ.update(dict.fromkeys(_TAKEN_BY, str(path.absolute())))


_choose()
HELM: Final = Path(helm_path())
VERSION: Final = program_of("the tests", subprocess.check_output([HELM, "version"], text=True, timeout=60)).version
IS_4: Final = VERSION is not None and VERSION.major == 4
