"""Checks of the traits in Helm values: KubeSpawner's, and those of JupyterHub and its authenticator. Pure."""

from collections.abc import Iterator, Mapping

from commands.values.kubespawner_profiles import profile_violations
from commands.values.kubespawner_traits import (
    chart_resources,
    located,
    mapping_at,
    trait_violations,
    uneven_resources,
    with_resources,
)
from commands.values.pod_fields import environment
from commands.values.schema_errors import SchemaViolation, violation_at
from commands.values.trait_types import OF_AUTHENTICATOR, OF_HUB


def spawner_violations(values: Mapping[str, object]) -> Iterator[SchemaViolation]:
    """Yield what KubeSpawner, or Kubernetes for its pods, would refuse in values merged with the defaults."""
    given = chart_resources(values)
    yield from trait_violations(given)
    for owner in ("singleuser", "hub"):
        yield from environment((owner, "extraEnv"), mapping_at(values, owner).get("extraEnv"))
    hub_config = mapping_at(mapping_at(values, "hub"), "config")
    for kind, traits in hub_config.items():
        if str(kind).endswith("Spawner") and isinstance(traits, Mapping):
            placed = located(traits, ("hub", "config", str(kind)))
            yield from trait_violations(placed)
            given = with_resources(given, placed)
    yield from uneven_resources(given)
    yield from profile_violations(
        mapping_at(values, "singleuser").get("profileList"), ("singleuser", "profileList"), given
    )
    listed = mapping_at(hub_config, "KubeSpawner").get("profile_list")
    yield from profile_violations(listed, ("hub", "config", "KubeSpawner", "profile_list"), given)


def hub_violations(values: Mapping[str, object]) -> Iterator[SchemaViolation]:
    """Yield what JupyterHub or its authenticator would refuse in `hub.config`, and not start with."""
    for kind, traits in mapping_at(mapping_at(values, "hub"), "config").items():
        known = OF_HUB if kind == "JupyterHub" else OF_AUTHENTICATOR if str(kind).endswith("Authenticator") else {}
        for name, value in traits.items() if isinstance(traits, Mapping) else ():
            if name in known and value is not None and (why := known[name](value)):
                yield violation_at(("hub", "config", str(kind), str(name)), why)
