"""The reason of a failure of helm, from what it printed: every failure is exit status 1, so its words are all there is.

The words are those of helm 3.12 to 4.3. People are shown sentences of ours; of helm's own text only what names a part
of the chart, with values, addresses and paths taken out.

What helm prints may quote what a server said, which may be anything. So no pattern here takes more than time in
proportion to the text: each begins only where a word begins, and looks ahead over a bounded stretch.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum

from clients.helm.refusals import BY_CHART, BY_OWNER, OF_RECORD, chart_refusal, ownership, removed_apis
from clients.helm.server_side_apply import conflicts, forbidden_object, sentence
from clients.secret_patterns import MARK, unshaped

LONGEST = 600
# Of what helm says, that much is looked into; it is more than people are shown.
_MOST = 8_000
SHORTEST_SECRET = 6
HIDDEN = MARK


class FailureReason(Enum):
    """The reasons why an upgrade was not done, as far as a caller would act differently."""

    TIMEOUT = "timeout"
    HOOK_FAILED = "hook failed"
    IN_PROGRESS = "another operation is in progress"
    CANCELLED = "cancelled"
    WEBHOOK = "admission webhook does not answer"
    DENIED = "refused by a policy"
    CONFLICT = "fields of another manager"
    CLUSTER_OBJECT = "an object of the cluster may not be applied"
    SCHEMA = "values do not fit the chart's schema"
    CHART = "values are refused by the chart's templates"
    OWNED = "an object belongs to another release"
    REMOVED_API = "the live revision has an API that Kubernetes removed"
    NOT_FOUND_CHART = "chart not found"
    REPOSITORY = "chart repository unreachable"
    REPOSITORY_REFUSES = "chart repository refuses"
    CREDENTIALS = "credentials not accepted"
    UNREACHABLE = "unreachable"
    DISK_FULL = "disk full"
    OTHER = "other"


# How Go says that somebody does not answer, or not in a way that it trusts.
_SILENCE = (
    "proxyconnect|connection re(?:fused|set)|no such host|dial tcp|i/o timeout|TLS handshake timeout|x509:"
    '|context deadline exceeded|Client.Timeout|server misbehaving|": (?:unexpected )?EOF'
)
_AT_REPOSITORY = r"\.tgz|/index\.yaml|/v2/|oauth2/token"
_LOCKED_OUT = "401 Unauthorized|403 Forbidden"
_WEBHOOK = re.compile(r'failed calling webhook "(?P<name>[\w./-]{1,253})"')
_DENIED = re.compile(
    r'admission webhook "(?P<hook>[\w./-]{1,253})" denied the request|'
    r"ValidatingAdmissionPolicy '(?P<policy>[\w./-]{1,253})' [^\n]{0,300}denied request"
)
_SILENT = (
    (
        re.compile("x509:|tls: (?:failed to verify|bad certificate|unknown certificate)"),
        "has a certificate that Kubernetes does not trust",
    ),
    (re.compile("no endpoints available"), "has no pod that answers"),
    (
        re.compile(r"context deadline exceeded|i/o timeout|Client\.Timeout|timed out|handshake timeout"),
        "did not answer in time",
    ),
    (re.compile(_SILENCE), "could not be reached"),
)
_RAN_OUT = "context deadline exceeded|timed out waiting for the condition"
# Helm 4 does not wait for what has failed: a deployment whose progress took longer than it may.
_FAILED_EARLY = r"not ready\. status: Failed"
# In this order: the first whose words occur is the reason. A hook's failure also speaks of deadlines.
_SIGNS = tuple(
    (reason, re.compile(signs, re.IGNORECASE))
    for reason, signs in (
        (FailureReason.CANCELLED, "has been cancelled|context canceled"),
        (FailureReason.DISK_FULL, "no space left on device|disk quota exceeded"),
        (FailureReason.IN_PROGRESS, r"another operation [^\n]{0,80}is in progress"),
        # Before what they were met in: a hook, a deadline, a certificate of theirs.
        (FailureReason.WEBHOOK, "failed calling webhook"),
        (FailureReason.DENIED, _DENIED.pattern),
        (FailureReason.CONFLICT, "conflict occurred while applying object"),
        (FailureReason.CLUSTER_OBJECT, "server-side apply failed for object /[^\\n]{1,900}is forbidden"),
        (FailureReason.HOOK_FAILED, "hooks failed"),
        (FailureReason.SCHEMA, "don't meet the specifications of the schema"),
        (FailureReason.OWNED, BY_OWNER),
        (FailureReason.REMOVED_API, OF_RECORD),
        (FailureReason.CHART, BY_CHART),
        (
            FailureReason.REPOSITORY,
            (
                rf'"https?://[^"\n]{{1,2000}}(?:\.tgz|/index\.yaml)[^"\n]{{0,300}}": [^\n]{{0,300}}?(?:{_SILENCE})'
                rf'|"https?://[^"\n]{{1,300}}/v2/[^"\n]{{0,1000}}(?:/manifests/|/blobs/|/tags/)[^"\n]{{0,300}}": '
                rf"[^\n]{{0,300}}?(?:{_SILENCE})"
            ),
        ),
        (
            FailureReason.REPOSITORY_REFUSES,
            (
                rf"failed to authorize: [^\n]{{0,600}}(?:{_LOCKED_OUT})"
                rf"|(?:{_AT_REPOSITORY})[^\n]{{0,300}}(?:{_LOCKED_OUT})"
            ),
        ),
        (
            FailureReason.NOT_FOUND_CHART,
            (
                'path "[^"\\n]{0,4096}" not found|chart "[^"\\n]{0,300}" [^\\n]{0,100}not found in'
                "|chart repository or cannot be reached"
                "|failed to (download(?! openapi)|fetch)|Chart.yaml file is missing|chart metadata is missing"
                "|no chart (name|version) found|no cached repo found"
                '|failed to perform "(?:FetchReference|Resolve)" [^\\n]{0,600}not found'
            ),
        ),
        (FailureReason.CREDENTIALS, "asked for the client to provide credentials"),
        (
            FailureReason.UNREACHABLE,
            (
                "cluster unreachable|http2: (client connection lost|server sent GOAWAY)"
                "|connection re(fused|set)|no such host|dial tcp|i/o timeout"
                '|TLS handshake timeout|x509:|failed to download openapi|": (unexpected )?EOF'
            ),
        ),
        (FailureReason.TIMEOUT, f"{_RAN_OUT}|{_FAILED_EARLY}"),
    )
)
_LATE = re.compile(_RAN_OUT, re.IGNORECASE)
_SENTENCES = {
    FailureReason.TIMEOUT: "The new pods did not become ready in time.",
    FailureReason.IN_PROGRESS: (
        "Helm says that another operation on this release is in progress, or was killed halfway."
    ),
    FailureReason.CANCELLED: "The upgrade was cancelled while it was running.",
    FailureReason.NOT_FOUND_CHART: "The requested version of the chart could not be found or fetched.",
    FailureReason.DISK_FULL: "The disk that helm uses is full.",
    FailureReason.CREDENTIALS: "Kubernetes does not accept the credentials that helm uses.",
}
_CLEANED = (
    (re.compile(r"\b[a-z][a-z0-9+.-]{0,30}://[^\s\"')]+", re.IGNORECASE), "[address]"),
    (re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b"), "[address]"),
    (re.compile(r"\[?[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){3,}\]?(?::\d+)?", re.IGNORECASE), "[address]"),
    (re.compile(r"(?<![\w./-])(?=[\w.-]{3,253}:\d)[\w-]+(?:\.[\w-]+)+:\d+\b"), "[address]"),
    (re.compile(r"\b(?:bearer|basic)\s+\S+", re.IGNORECASE), HIDDEN),
    (re.compile(r"(?<![\w.])/(?:[\w.@~+-]+/)+[\w.@~+-]*"), "[path]"),
)


def classify(errors: str) -> FailureReason:
    """Return the reason in what helm printed to standard error."""
    return next((reason for reason, signs in _SIGNS if signs.search(errors)), FailureReason.OTHER)


def is_late(errors: str) -> bool:
    """Return True if helm, or a hook that it waited for, ran out of time."""
    return bool(_LATE.search(errors))


def explain(reason: FailureReason, errors: str, values: Mapping[str, object]) -> str:
    """Return a message that may be shown to people: at most 600 characters, without `values` and addresses."""
    if reason in _SENTENCES:
        return _SENTENCES[reason]
    if reason in _UNANSWERED:
        return _UNANSWERED[reason](errors)
    if reason in (FailureReason.SCHEMA, FailureReason.CHART):
        return _of_chart(errors, values)
    found = conflicts(errors) if reason is FailureReason.CONFLICT else ()
    if found:
        return _shortened(_cleaned(_without(sentence(found), values)))
    return _passed_on(reason, errors, _shortened(_cleaned(_gist(_without(errors, values)))))


def _passed_on(reason: FailureReason, errors: str, said: str) -> str:
    """Return what helm `said`, which shows nothing secret any more, with what it is about."""
    match reason:
        case FailureReason.DENIED:
            return f"A policy of the cluster refuses it{_by(errors)}: {_DENIED_AT.split(said, maxsplit=1)[-1]}"
        case FailureReason.HOOK_FAILED:
            return f"A hook of the chart failed: {said}"
        case _:
            return f"Helm says: {said}" if said else "Helm failed and did not say why."


def _of_chart(errors: str, values: Mapping[str, object]) -> str:
    # Before paths are taken out: a violation's place looks like one.
    told = _without(_AT.sub(_dotted, errors), values)
    said = _shortened(_cleaned(_gist(told)))
    words = _shortened(_cleaned(chart_refusal(told)))
    return f"The chart refuses these values: {words or said.partition('chart(s): ')[2] or said}"


# Since helm 3.18 a violation's place is a JSON pointer; before, it was a dotted path.
_AT = re.compile(r"(?<=- )at '(/[^'\s]{0,300})?'(?=: )")


def _dotted(found: re.Match[str]) -> str:
    return (found[1] or "").lstrip("/").replace("/", ".").replace("~1", "/").replace("~0", "~") or "(root)"


# A refusal's own words follow this.
_DENIED_AT = re.compile("denied (?:the )?request: ")


def _unanswered(errors: str) -> str:
    found = _WEBHOOK.search(errors)
    rest = errors[found.end() :] if found else ""
    how = next((words for signs, words in _SILENT if signs.search(rest)), "could not be asked")
    name = f" {found['name']}" if found else ""
    return f"The admission webhook{name} of the cluster {how}: Kubernetes created nothing that it has to check."


def _by(errors: str) -> str:
    found = _DENIED.search(errors)
    if found is None:
        return ""
    return (
        f" (admission webhook {found['hook']})" if found["hook"] else f" (ValidatingAdmissionPolicy {found['policy']})"
    )


def _without_repository(errors: str) -> str:
    if "proxyconnect" in errors:
        how = "The chart's repository was not reached, because the proxy on the way to it does not answer"
    elif "x509:" in errors:
        how = "The chart's repository has a certificate that helm does not trust"
    else:
        how = "The chart's repository was not reached"
    return f"{how}: nothing was changed in the cluster."


def _locked_out(errors: str) -> str:
    found = re.search(_LOCKED_OUT, errors)
    said = f" ({found[0]})" if found else ""
    return f"The chart's repository does not let helm in{said}: nothing was changed in the cluster."


def _out_of_bounds(errors: str) -> str:
    what = forbidden_object(errors) or "an object of the whole cluster"
    return f"Helm applies {what} on the server’s side, changed or not, and the bot may not change it."


def _without_kubernetes(errors: str) -> str:
    if "x509:" in errors:
        return "Kubernetes has a certificate that helm does not trust."
    if "getting credentials" in errors:
        return "Helm could not get credentials for Kubernetes."
    return "Helm could not reach Kubernetes, or lost the connection halfway."


_UNANSWERED = {
    FailureReason.UNREACHABLE: _without_kubernetes,
    FailureReason.WEBHOOK: _unanswered,
    FailureReason.REPOSITORY: _without_repository,
    FailureReason.REPOSITORY_REFUSES: _locked_out,
    FailureReason.OWNED: ownership,
    FailureReason.REMOVED_API: removed_apis,
    FailureReason.CLUSTER_OBJECT: _out_of_bounds,
}


def redact(text: str, values: Mapping[str, object]) -> str:
    """Return `text` without the strings in `values` (six characters or longer), addresses, tokens and paths.

    Of a longer text only the beginning: some thousand characters, of which the last word may be half of a secret and is
    left out.
    """
    return _cleaned(_without(text, values))


def _without(text: str, values: Mapping[str, object]) -> str:
    for secret in sorted(set(_leaves(values)), key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return text


def _cleaned(text: str) -> str:
    if len(text) > _MOST:
        text = text[:_MOST].rpartition(" ")[0]
    text = unshaped(text)
    for pattern, instead in _CLEANED:
        text = pattern.sub(instead, text)
    return text


def _leaves(value: object) -> Iterator[str]:
    """Yield every string in `value` that is worth hiding, and each of its lines, as it is and as Go would quote it."""
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from _leaves(inner)
    elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
        for inner in value:
            yield from _leaves(inner)
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        yield from (line for line in _forms(str(value)) if len(line) >= SHORTEST_SECRET)


def _forms(secret: str) -> Iterator[str]:
    for line in (secret, *secret.splitlines()):
        stripped = line.strip()
        yield stripped
        yield stripped.replace("\\", "\\\\").replace('"', '\\"')


def _gist(errors: str) -> str:
    """Return what follows the last "Error:", on one line."""
    _, _, said = errors.rpartition("Error: ")
    words = " ".join("".join(char if char.isprintable() else " " for char in said).split())
    return re.sub("^(UPGRADE|INSTALLATION) FAILED: ", "", words)


def _shortened(words: str) -> str:
    return words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}…"
