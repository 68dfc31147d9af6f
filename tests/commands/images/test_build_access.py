"""What is said of a build that its own registry refuses."""

import pytest

from commands.images.build_access import access_advice
from tests.world.images import Builds, Registry

DENIED = "failed to push images: when specifying push, at least one credential is required"


@pytest.mark.parametrize(
    ("error", "last", "abac", "said"),
    [
        (DENIED, (), True, "the role Container Registry Repository Writer"),
        ("", ("denied: requested access to the resource is denied",), True, "grants access by repository"),
        ("unauthorized: authentication required", (), None, "may not read how the registry grants access"),
        (DENIED, (), False, ""),
        ("failed to run step ID: build: exit status 1", ("mamba: unauthorised package",), True, ""),
    ],
)
async def test_the_role_is_named_where_that_is_the_cause(error, last, abac, said):
    advice = await access_advice(error, last, Builds(Registry(), abac=abac))
    assert bool(advice) == bool(said)
    assert said in " ".join(advice)
