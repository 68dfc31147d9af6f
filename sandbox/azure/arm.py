"""Azure Resource Manager: the names of what it manages here, the token that it accepts, and its faults."""

import secrets
from dataclasses import dataclass, field
from typing import Final

SUBSCRIPTION: Final = "6f1d2c3b-4a59-4687-9b8c-7d6e5f4a3b2c"
RESOURCE_GROUP: Final = "jhub"
CLUSTER: Final = "jhub-aks"
FAULTS: Final = ("", "slow", "absent", "throttled", "broken", "denied")


@dataclass
class Arm:
    """The state of the API's front end: `token` is what callers must present, `fault` one of FAULTS."""

    token: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    fault: str = ""
