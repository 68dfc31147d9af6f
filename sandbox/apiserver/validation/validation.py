"""Refuses objects that Kubernetes would refuse, as far as helm charts, people and the bot may get it wrong.

Not a full validation: names, labels, keys, selectors, containers, claims and Services are looked at.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

from sandbox.apiserver.objects import resource_kinds as r
from sandbox.apiserver.objects.errors import Cause, invalid
from sandbox.apiserver.objects.json_objects import at
from sandbox.apiserver.objects.quantities import amount
from sandbox.apiserver.objects.resource_kinds import Json, Kind
from sandbox.apiserver.objects.selectors import matches
from sandbox.apiserver.validation.pod_validation import check_pod_spec

_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(\.{_LABEL})*"
_SERVICE_LABEL = r"[a-z]([-a-z0-9]*[a-z0-9])?"
_KEY = r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_VALUE = rf"({_KEY})?"
_DATA_KEY = r"[-._a-zA-Z0-9]+"
_LABEL_LENGTH = 63
_SUBDOMAIN_LENGTH = 253
_LAST_PORT = 65535
_DATA_LIMIT = 1024 * 1024
_FREE_NAMES = {r.ROLE, r.ROLE_BINDING, r.CLUSTER_ROLE, r.CLUSTER_ROLE_BINDING}

_SUBDOMAIN_WHY = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must "
    f"start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '{_SUBDOMAIN}')"
)
_LABEL_WHY = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end "
    f"with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '{_LABEL}')"
)
_SERVICE_WHY = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic "
    "character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation "
    f"is '{_SERVICE_LABEL}')"
)
_VALUE_WHY = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start "
    "and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for "
    f"validation is '({_VALUE})')"
)
_KEY_WHY = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
    "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    f"'({_KEY})')"
)
_DATA_KEY_WHY = (
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  "
    f"or 'key-name', regex used for validation is '{_DATA_KEY}')"
)

Rule = Callable[[Json], Iterator[Cause]]


def check_object(kind: Kind, obj: Json) -> None:
    """Raise ApiError 422 that names every rule that the object breaks."""
    causes = [*_metadata(kind, obj["metadata"])]
    rule = _RULES.get(kind)
    if rule:
        causes += rule(obj)
    if causes:
        raise invalid(kind, obj["metadata"].get("name") or "", causes)


def _metadata(kind: Kind, metadata: Json) -> Iterator[Cause]:
    name = metadata["name"]
    why = _name_fault(kind, name)
    if why:
        yield Cause.invalid("metadata.name", name, why)
    yield from label_causes(metadata.get("labels") or {}, "metadata.labels")


def _name_fault(kind: Kind, name: str) -> str:
    if kind in _FREE_NAMES:
        return "" if name not in (".", "..") and not re.search(r"[/%]", name) else "may not contain '/' or '%'"
    form, limit, why = _SUBDOMAIN, _SUBDOMAIN_LENGTH, _SUBDOMAIN_WHY
    if kind is r.SERVICE:
        form, limit, why = _SERVICE_LABEL, _LABEL_LENGTH, _SERVICE_WHY
    elif kind is r.NAMESPACE:
        form, limit, why = _LABEL, _LABEL_LENGTH, _LABEL_WHY
    if len(name) > limit:
        return f"must be no more than {limit} bytes"
    return "" if re.fullmatch(form, name) else why


def label_causes(labels: Json, field: str) -> Iterator[Cause]:
    """Yield the causes that make these labels invalid."""
    for key, value in labels.items():
        for wrong, why in _label_faults(key, value):
            yield Cause.invalid(field, wrong, why)


@lru_cache(maxsize=8192)
def _label_faults(key: str, value: str) -> tuple[tuple[str, str], ...]:
    faults = []
    prefix, slash, name = key.rpartition("/")
    if (slash and not re.fullmatch(_SUBDOMAIN, prefix)) or not re.fullmatch(_KEY, name):
        faults.append((key, _KEY_WHY))
    elif len(name) > _LABEL_LENGTH:
        faults.append((key, "name part must be no more than 63 bytes"))
    if len(value) > _LABEL_LENGTH:
        faults.append((value, "must be no more than 63 bytes"))
    elif not re.fullmatch(_VALUE, value):
        faults.append((value, _VALUE_WHY))
    return tuple(faults)


def _pod(obj: Json) -> Iterator[Cause]:
    yield from check_pod_spec(obj["spec"], "spec")


def _replicas(spec: Json) -> Iterator[Cause]:
    if isinstance(spec.get("replicas"), int) and spec["replicas"] < 0:
        yield Cause.invalid("spec.replicas", spec["replicas"], "must be greater than or equal to 0")


def _workload(obj: Json) -> Iterator[Cause]:
    spec = obj["spec"]
    yield from _replicas(spec)
    if not spec.get("selector"):
        yield Cause.required("spec.selector")
    template = spec.get("template")
    if not template:
        yield Cause.required("spec.template")
        return
    labels = template["metadata"].get("labels") or {}
    if spec.get("selector") and not matches(spec["selector"], labels):
        yield Cause.invalid("spec.template.metadata.labels", labels, "`selector` does not match template `labels`")
    yield from label_causes(labels, "spec.template.labels")
    claims = [claim["metadata"]["name"] for claim in spec.get("volumeClaimTemplates") or ()]
    yield from check_pod_spec(template["spec"], "spec.template.spec", claims)
    policy = template["spec"].get("restartPolicy")
    if policy != "Always":
        yield Cause.unsupported("spec.template.spec.restartPolicy", policy, ["Always"])


def _job_spec(spec: Json, path: str) -> Iterator[Cause]:
    template = spec.get("template")
    if not template:
        yield Cause.required(f"{path}.template")
        return
    yield from check_pod_spec(template["spec"], f"{path}.template.spec")
    policy = template["spec"].get("restartPolicy")
    if policy not in ("Never", "OnFailure"):
        yield Cause.unsupported(f"{path}.template.spec.restartPolicy", policy, ["OnFailure", "Never"])


def _job(obj: Json) -> Iterator[Cause]:
    yield from _job_spec(obj["spec"], "spec")


def _cron_job(obj: Json) -> Iterator[Cause]:
    spec = obj["spec"]
    if not spec.get("schedule"):
        yield Cause.required("spec.schedule")
    yield from _job_spec((spec.get("jobTemplate") or {}).get("spec") or {}, "spec.jobTemplate.spec")


def _claim(obj: Json) -> Iterator[Cause]:
    spec = obj["spec"]
    if not spec.get("accessModes"):
        yield Cause.required("spec.accessModes", "at least 1 access mode is required")
    size = at(spec, "resources", "requests", "storage")
    if size is None:
        yield Cause.required("spec.resources[storage]")
        return
    try:
        if amount(str(size)) <= 0:
            yield Cause.invalid("spec.resources[storage]", size, "must be greater than zero")
    except ValueError:
        yield Cause.invalid("spec.resources[storage]", size, "quantities must match the regular expression")


def _service(obj: Json) -> Iterator[Cause]:
    spec = obj["spec"]
    if spec["type"] == "ExternalName":
        if not spec.get("externalName"):
            yield Cause.required("spec.externalName")
        return
    if not spec.get("ports") and spec.get("clusterIP") != "None":
        yield Cause.required("spec.ports")
    for index, port in enumerate(spec.get("ports") or ()):
        number = port.get("port")
        if not isinstance(number, int) or not 0 < number <= _LAST_PORT:
            yield Cause.invalid(f"spec.ports[{index}].port", number, "must be between 1 and 65535, inclusive")


def _data_of(fields: Sequence[str]) -> Rule:
    def rule(obj: Json) -> Iterator[Cause]:
        size = 0
        for field in fields:
            for key, value in (obj.get(field) or {}).items():
                size += len(value)
                if not re.fullmatch(_DATA_KEY, key):
                    yield Cause.invalid(f"{field}[{key}]", key, _DATA_KEY_WHY)
        # Base64 is a third longer than what it stands for, and the limit is on that.
        if size > _DATA_LIMIT * (4 / 3 if fields == ("data",) else 1):
            yield Cause("FieldValueTooLong", f"Too long: may not be more than {_DATA_LIMIT} bytes", fields[0])

    return rule


def _storage_class(obj: Json) -> Iterator[Cause]:
    if not obj.get("provisioner"):
        yield Cause.required("provisioner")


def _binding(obj: Json) -> Iterator[Cause]:
    if not at(obj, "roleRef", "name"):
        yield Cause.required("roleRef.name")


_RULES: dict[Kind, Rule] = {
    r.POD: _pod,
    r.DEPLOYMENT: _workload,
    r.REPLICA_SET: _workload,
    r.STATEFUL_SET: _workload,
    r.DAEMON_SET: _workload,
    r.JOB: _job,
    r.CRON_JOB: _cron_job,
    r.PERSISTENT_VOLUME_CLAIM: _claim,
    r.SERVICE: _service,
    r.SECRET: _data_of(("data",)),
    r.CONFIG_MAP: _data_of(("data", "binaryData")),
    r.STORAGE_CLASS: _storage_class,
    r.ROLE_BINDING: _binding,
    r.CLUSTER_ROLE_BINDING: _binding,
}
