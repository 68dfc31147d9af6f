"""The validation of a pod's spec, alone or in a template."""

import re
from collections.abc import Iterable, Iterator

from sandbox.apiserver.objects.errors import Cause
from sandbox.apiserver.objects.quantities import amount
from sandbox.apiserver.objects.resource_kinds import Json

_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_STANDARD = ("cpu", "memory", "ephemeral-storage")
_HUGE_PAGES = "hugepages-"
_NAME_WHY = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end "
    "with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)


def check_pod_spec(spec: Json, path: str, claims: Iterable[str] = ()) -> Iterator[Cause]:
    """Yield the causes that make this pod spec invalid; `path` is its path, such as spec.template.spec.

    `claims` are volumes that a StatefulSet adds to it.
    """
    if not spec.get("containers"):
        yield Cause.required(f"{path}.containers")
    volumes = {*claims, *(volume.get("name") for volume in spec.get("volumes") or ())}
    seen: set[str] = set()
    for field in ("initContainers", "containers"):
        for index, container in enumerate(spec.get(field) or ()):
            yield from _container(container, f"{path}.{field}[{index}]", volumes, seen)


def _container(container: Json, path: str, volumes: set[str], seen: set[str]) -> Iterator[Cause]:
    name = container.get("name")
    if not name:
        yield Cause.required(f"{path}.name")
    elif not _NAME.fullmatch(name):
        yield Cause.invalid(f"{path}.name", name, _NAME_WHY)
    elif name in seen:
        yield Cause("FieldValueDuplicate", f'Duplicate value: "{name}"', f"{path}.name")
    else:
        seen.add(name)
    if not container.get("image"):
        yield Cause.required(f"{path}.image")
    for index, mount in enumerate(container.get("volumeMounts") or ()):
        if mount.get("name") not in volumes:
            wrong = f'Not found: "{mount.get("name")}"'
            yield Cause("FieldValueNotFound", wrong, f"{path}.volumeMounts[{index}].name")
    yield from _resources(container.get("resources") or {}, f"{path}.resources")


def _resources(resources: Json, path: str) -> Iterator[Cause]:
    limits = resources.get("limits") or {}
    for which in ("limits", "requests"):
        yield from _amounts(resources.get(which) or {}, f"{path}.{which}")
    for resource, wanted in (resources.get("requests") or {}).items():
        if "/" in resource and limits.get(resource) != wanted:
            # apis/core/validation: what is extended is not to be shared.
            if resource not in limits:
                yield Cause.required(f"{path}.limits", "Limit must be set for non overcommitable resources")
            else:
                why = f"must be equal to {resource} limit of {limits[resource]}"
                yield Cause.invalid(f"{path}.requests", wanted, why)
            continue
        if resource not in limits or wanted == limits[resource]:
            continue
        try:
            too_much = amount(str(wanted)) > amount(str(limits[resource]))
        except ValueError:
            continue
        if too_much:
            why = f"must be less than or equal to {resource} limit of {limits[resource]}"
            yield Cause.invalid(f"{path}.requests", wanted, why)


def _amounts(resources: Json, path: str) -> Iterator[Cause]:
    for resource, text in resources.items():
        if "/" not in resource and resource not in _STANDARD and not resource.startswith(_HUGE_PAGES):
            yield Cause.invalid(f"{path}[{resource}]", resource, "must be a standard resource for containers")
        try:
            number = amount(str(text))
        except ValueError:
            continue
        if number < 0:
            yield Cause.invalid(f"{path}[{resource}]", text, "must be greater than or equal to 0")
        elif "/" in resource and number != int(number):
            yield Cause.invalid(f"{path}[{resource}]", text, "must be an integer")
