import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.apiserver.serialization.protobuf import UnknownMessageError, decode
from sandbox.apiserver.serialization.protobuf_schema import messages


def varint(number):
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def part(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value & (1 << 64) - 1)
    body = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(body)) + body


def parts(*pairs):
    return b"".join(part(number, value) for number, value in pairs)


def sent(version, kind, body):
    return b"k8s\x00" + parts((1, parts((1, version), (2, kind))), (2, body), (3, ""), (4, ""))


def test_a_secret_as_helm_writes_it():
    metadata = parts(
        (1, "sh.helm.release.v1.rel.v1"),
        (2, ""),
        (3, "hub"),
        (8, parts((1, 1_790_000_000), (2, 0))),
        (11, parts((1, "owner"), (2, "helm"))),
        (11, parts((1, "status"), (2, "deployed"))),
    )
    body = parts((1, metadata), (2, parts((1, "release"), (2, b"\x00\xff"))), (3, "helm.sh/release.v1"))
    assert decode(sent("v1", "Secret", body)) == {
        "kind": "Secret",
        "apiVersion": "v1",
        "metadata": {
            "name": "sh.helm.release.v1.rel.v1",
            "namespace": "hub",
            "creationTimestamp": "2026-09-21T14:13:20Z",
            "labels": {"owner": "helm", "status": "deployed"},
        },
        "data": {"release": base64.b64encode(b"\x00\xff").decode()},
        "type": "helm.sh/release.v1",
    }


def test_a_pod_with_what_is_inlined_and_what_is_left_out():
    probe = parts((1, parts((2, parts((1, "/health"), (2, parts((1, 1), (2, 0), (3, "http"))))))), (2, 0), (4, 5))
    limits = parts((1, parts((1, "memory"), (2, parts((1, "1Gi"))))))
    secret = parts((3, parts((4, parts((1, parts((1, "hub"))), (2, "token"))))))
    container = parts((1, "main"), (2, "a:1"), (7, parts((1, "T"), (3, secret[2:]))), (8, limits), (10, probe), (16, 0))
    volume = parts((1, "home"), (2, parts((10, parts((1, "claim-ada"), (2, 0))))))
    toleration = parts((1, "k"), (5, -1))
    spec = parts((1, volume), (2, container), (4, 0), (11, 0), (22, toleration))
    told = decode(sent("v1", "Pod", parts((1, parts((1, "p"))), (2, spec))))
    main = told["spec"]["containers"][0]
    assert main["livenessProbe"] == {"httpGet": {"path": "/health", "port": "http"}, "periodSeconds": 5}
    assert main["resources"] == {"limits": {"memory": "1Gi"}}
    assert main["env"] == [{"name": "T", "valueFrom": {"secretKeyRef": {"name": "hub", "key": "token"}}}]
    assert "stdin" not in main
    assert told["spec"]["volumes"] == [{"name": "home", "persistentVolumeClaim": {"claimName": "claim-ada"}}]
    assert told["spec"]["terminationGracePeriodSeconds"] == 0
    assert told["spec"]["tolerations"] == [{"key": "k", "tolerationSeconds": -1}]
    assert "hostNetwork" not in told["spec"]


def test_options_and_evictions():
    options = parts((1, 0), (2, parts((1, "uid-1"))), (4, "Background"))
    expected = {"gracePeriodSeconds": 0, "preconditions": {"uid": "uid-1"}, "propagationPolicy": "Background"}
    assert decode(sent("v1", "DeleteOptions", options)) == {"kind": "DeleteOptions", "apiVersion": "v1", **expected}
    eviction = decode(sent("policy/v1", "Eviction", parts((1, parts((1, "p"), (3, "hub"))), (2, options))))
    assert eviction["deleteOptions"] == expected


def test_a_kind_without_a_table_is_named():
    with pytest.raises(UnknownMessageError, match="Binding"):
        decode(sent("v1", "Binding", b""))


@pytest.mark.parametrize("body", [b"", b"{}", b"k8s\x00\x0a\xff", b"k8s\x00\x0f", b"k8s\x00" + b"\xff" * 20])
def test_bytes_that_are_no_message(body):
    with pytest.raises((ValueError, UnknownMessageError)):
        decode(body)


@given(st.sampled_from(["Secret", "Pod", "Job", "DeleteOptions"]), st.binary(max_size=200))
def test_nothing_but_the_two_errors_comes_of_any_bytes(kind, body):
    try:
        assert decode(sent("v1", kind, body))["kind"] == kind
    except (ValueError, UnknownMessageError, OverflowError, OSError):
        return


def test_every_type_in_the_tables_is_known():
    plain = {"string", "text", "bytes", "int", "count", "bool", "flag", "Quantity", "IntOrString", "Time", "MicroTime"}
    used = {field.type for fields in messages().values() for field in fields.values()}
    assert used <= plain | set(messages())
