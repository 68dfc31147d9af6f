"""Azure Key Vault with a few secrets, as far as reading them goes."""

import secrets
from dataclasses import dataclass, field
from typing import Final

FAULTS: Final = ("", "absent", "throttled", "denied")


@dataclass
class KeyVault:
    """The vault: `values` by name; those in `disabled` are there and not handed out.

    `token` is what callers must present, `fault` one of FAULTS, `requests` the number of requests so far.
    """

    values: dict[str, str] = field(repr=False)
    disabled: set[str] = field(default_factory=set)
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    fault: str = ""
    requests: int = 0
