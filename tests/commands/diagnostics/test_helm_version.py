"""What doctor says of helm: vulnerable, too old or too new for the cluster, at its end, or fine."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from cards.views import Tone
from clients.errors import Unavailable
from clients.helm.version import program_of
from commands.diagnostics.checks import helm_version
from tests.world import NOW

OLD = 'version.BuildInfo{Version:"v3.17.3", GitCommit:"e4da49785aa6e6ee2b86efd5dd9e43400318262b", GoVersion:"go1.23.7"}'
FOUR = 'version.BuildInfo{Version:"v4.3.2", GitCommit:"", GoVersion:"go1.26.8", KubeClientVersion:"v1.37"}'
AFTER = datetime(2027, 2, 11, tzinfo=UTC)


def said(version):
    return f'version.BuildInfo{{Version:"{version}", GitCommit:""}}'


def judged(text, kubernetes="v1.35.4", now=NOW):
    helm = text if isinstance(text, Exception) else program_of("the PATH", text)
    found = helm_version.CHECK.run(SimpleNamespace(helm=helm, kubernetes=kubernetes, now=now))
    return found.tone, found.text


@pytest.mark.parametrize(
    ("text", "kubernetes", "words"),
    [
        (OLD, "v1.32.1", "CVE-2025-53547, CVE-2025-55198, CVE-2025-55199 concern it, fixed in 3.18.5"),
        (OLD, "v1.35.4", "it is made for Kubernetes 1.29 to 1.32, the cluster has 1.35"),
        (said("v3.17.4"), "v1.32.1", "CVE-2025-55198, CVE-2025-55199 concern it"),
        (said("v3.18.6"), "v1.35.4", "it is made for Kubernetes 1.30 to 1.33"),
        (said("v3.21.0"), "v1.36.0", "it is made for Kubernetes 1.32 to 1.35"),
        (FOUR, "v1.33.9-gke.1", "it is made for Kubernetes 1.34 to 1.37, the cluster has 1.33"),
        (FOUR, "v1.38.0", "the cluster has 1.38"),
        ("nothing", "v1.35.4", "does not say which version it is"),
        (Unavailable("Helm", "could not be started"), "v1.35.4", "Helm could not be started"),
        (FOUR, Unavailable("Kubernetes", "cannot be reached"), "Kubernetes cannot be reached"),
    ],
)
def test_what_is_wrong_is_said(text, kubernetes, words):
    tone, line = judged(text, kubernetes)
    assert tone is Tone.WARNING
    assert words in line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (FOUR, "4.3.2 from the PATH, made for Kubernetes 1.34 to 1.37"),
        (said("v3.22.0"), "3.22.0 from the PATH, made for Kubernetes 1.34 to 1.37; fixes end on 2027-02-10"),
        (said("v5.0.1"), "5.0.1 from the PATH, for which Kubernetes is not known"),
        (said("v4.9.0-rc.1+g12"), "4.9.0 from the PATH, for which Kubernetes is not known"),
    ],
)
def test_what_is_fine_is_named(text, line):
    assert judged(text) == (Tone.GOOD, line)


def test_helm_3_has_an_end():
    tone, line = judged(said("v3.22.0"), now=AFTER)
    assert tone is Tone.WARNING
    assert "no security fixes since 2027-02-10" in line
    assert (judged(FOUR, now=AFTER))[0] is Tone.GOOD
