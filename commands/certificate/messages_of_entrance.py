"""Texts about a hub behind a Gateway or an Ingress, whose certificate is not autohttps' to obtain. Pure."""

from collections.abc import Sequence

from commands.certificate.entrance import Entrance
from commands.certificate.observations import Probes


def sentences(found: Sequence[str]) -> str:
    """Return the sentences one behind the other, with capital letters but for the names of hosts."""
    return " ".join(f"The {one[4:]}" if one.startswith("the ") else one for one in found)


def behind_words(entrance: Entrance, probes: Probes) -> str:
    """Return where the certificate of the host comes from, and what could not be judged."""
    secrets = ", ".join(dict.fromkeys(secret for secret, _ in entrance.certificates))
    held = f" with the Secret {secrets}" if secrets else ""
    by = f", which {entrance.brought_by} keeps up to date" if entrance.brought_by else ""
    words = f"{probes.host} is served by {entrance.name}{held}{by}: autohttps has no part in its certificate."
    shared = entrance.names_with(probes.host)
    if len(shared) > 1:
        words += f" One certificate is for {', '.join(sorted(shared))}: if one of the names fails, all do."
    return sentences((words, *entrance.unjudged))


def way_out(entrance: Entrance) -> tuple[str, ...]:
    """Return what to do where the way in or its certificate is wrong."""
    if entrance.unjudged and not entrance.problems:
        right = "the bot’s Role lacks the right, or the cluster the kind: docs/permissions.md says which it needs."
        return (f"What was not judged: {right}", _issuer(entrance))
    if entrance.problems:
        return ("Correct what is named there: the controller judges it anew at once.", _issuer(entrance))
    return (_issuer(entrance),)


def _issuer(entrance: Entrance) -> str:
    if entrance.brought_by.startswith("cert-manager"):
        return "What cert-manager says: kubectl describe certificate,order,challenge in the namespace of the Secret."
    return "The certificate is renewed where it comes from; then the Secret has to hold the new one."
