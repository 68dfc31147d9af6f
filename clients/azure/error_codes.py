"""Refusals and failed operations of Azure Resource Manager, read by their error codes wherever those are.

The code that names the cause may be the error's own, one of its `details`, or stand inside the message of another
("Code: QuotaExceeded; … Message: …"), as resource providers pass on what they were answered.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from azure.core.exceptions import HttpResponseError, ODataV4Format

# Of what Azure says, that much is looked into, and that much is shown.
_LONGEST_READ: Final = 4_000
_LONGEST_MESSAGE: Final = 300
_ENDS: Final = (".", "…", "}", "!", "?")
_DEEPEST, _MOST_DETAILS = 4, 10
_INSIDE: Final = re.compile(r"\b(?:sub|error)?code\\?[\"']?\s{0,3}[:=]\s{0,3}\\?[\"']?([a-z]\w{2,80})", re.IGNORECASE)
# Azure Kubernetes Service puts the cause beside the code, where the SDK has no field for it.
_SUBCODE: Final = re.compile(r"\"subcode\"\s{0,3}:\s{0,3}\"([A-Za-z]\w{2,80})\"")
_OVER_QUOTA: Final = re.compile(r"exceed\w{0,5} .{0,120}quota", re.IGNORECASE)
_POLICIES: Final = tuple(
    re.compile(rf"{where}\\?[\"']\s{{0,3}}:\s{{0,3}}{start}\\?[\"'](?P<name>[^\"'\\]{{1,200}})", re.IGNORECASE)
    for where, start in (
        ("policyAssignmentDisplayName", ""),
        ("policyAssignment", r"\{\s{0,3}\\?[\"'](?:displayName|name)\\?[\"']\s{0,3}:\s{0,3}"),
        ("policyAssignmentName", ""),
    )
)
_LOCKED: Final = re.compile(r"locked: '[^']{0,300}?(?P<name>[^/']{1,90})'")
# 403 means a role that is missing where the code says so, and nowhere else.
# Of Azure Resource Manager's message for AuthorizationFailed (as of 2026): what was not allowed, and where.
_ACTION: Final = re.compile(r"perform action '(?P<action>[\w.]{1,100}/[\w./*-]{1,200})'")
_SCOPE: Final = re.compile(r"over scope '(?P<scope>/[\w./()-]{0,300})'")
_ROLE: Final = re.compile(r"(Linked)?Authorization(Failed|Failure|PermissionMismatch)|ForbiddenByRbac")


@dataclass(frozen=True)
class AzureRefusal:
    """A refusal by Azure.

    `code` is the outermost code, `codes` are all, innermost first; `message` ends with the cause. `text` is everything
    that Azure sent, for looking up names.
    """

    code: str
    message: str
    codes: tuple[str, ...]
    text: str

    @property
    def lacks_role(self) -> bool:
        """True if the bot's identity lacks a role."""
        return not self._by_others() and any(_ROLE.fullmatch(code) for code in self.codes)

    @property
    def lacking(self) -> str:
        """The action that the identity may not perform and where, as far as Azure names them; else empty."""
        action, scope = _ACTION.search(self.message), _SCOPE.search(self.message)
        where = f" on {scope['scope']}" if scope else ""
        return f"{action['action']}{where}" if action else ""

    def shown(self, known: Mapping[str, str]) -> str:
        """Return Azure's message for people, with advice. `known` maps parts of codes, in lower case, to advice."""
        own = self._by_others()
        helps = own or self._known(known)
        # The name of the policy is in what helps; ids are nothing to read.
        said = " ".join(self.message.partition(" Policy identifiers:")[0].split())
        said = said if len(said) <= _LONGEST_MESSAGE else f"{said[:_LONGEST_MESSAGE].rpartition(' ')[0]} …"
        said = said or self.code or "Azure gave no reason."
        return f"{said if said.endswith(_ENDS) else f'{said}.'} {helps}" if helps else said

    def _known(self, known: Mapping[str, str]) -> str:
        """Return the advice for the cause: that of the innermost code that is known."""
        return next((words for code in self.codes for part, words in known.items() if part in code.lower()), "")

    def _by_others(self) -> str:
        """Return advice for a prohibition by others, which neither a role nor another try changes; else nothing."""
        if self._has("requestdisallowedbypolicy"):
            found = next((one for pattern in _POLICIES if (one := pattern.search(self.text))), None)
            named = f" ({found['name']})" if found else ""
            return f"A policy of the organisation forbids it{named}: no role of the bot changes that."
        if self._has("scopelocked"):
            found = _LOCKED.search(self.text)
            where = f" on {found['name']}" if found else ""
            return f"A lock of the organisation{where} forbids it: whoever set the lock must remove it first."
        if self._has("denyassignment"):
            return "A deny assignment forbids it: no role of the bot changes that."
        return ""

    def _has(self, part: str) -> bool:
        return any(part in code.lower() for code in self.codes)


def refusal(error: HttpResponseError) -> AzureRefusal:
    """Return Azure's refusal from an error of the SDK."""
    its = error.error
    if its is None:
        return AzureRefusal("", "", (), "")
    parts = [(text(one.code), text(one.message)) for one in _parts(its)]
    (code, message), *inner = parts
    everything = "\n".join(said for _, said in parts)[:_LONGEST_READ]
    named = [found[1] for found in _INSIDE.finditer(everything)]
    body = _body(error)
    beside = _SUBCODE.findall(body)
    quota = ["QuotaExceeded"] if _OVER_QUOTA.search(everything) else []
    codes = [*named, *beside, *(own for own, _ in reversed(inner)), *quota, code]
    cause = next((said for _, said in reversed(inner) if said), "")
    words = message if not cause or cause in message else f"{message.rstrip('.')}: {cause}" if message else cause
    return AzureRefusal(code, words, tuple(dict.fromkeys(one for one in codes if one)), f"{everything}\n{body}")


def _parts(error: ODataV4Format, depth: int = 0) -> Iterator[ODataV4Format]:
    """Yield the error and those inside it, outermost first."""
    yield error
    if depth < _DEEPEST:
        for one in error.details[:_MOST_DETAILS]:
            yield from _parts(one, depth + 1)


def _body(error: HttpResponseError) -> str:
    """Return the body of the answer: `additionalInfo` is in no field of the SDK's."""
    try:
        return text(error.response.text()) if error.response is not None else ""
    except Exception:  # noqa: BLE001 - what cannot be read adds nothing
        return ""


def text(told: object) -> str:
    """Return the value if it is a string, cut to the length that is examined; else an empty string."""
    return told[:_LONGEST_READ] if isinstance(told, str) else ""
