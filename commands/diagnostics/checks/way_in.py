"""Check of the way in: the Gateway or Ingress that the hub is behind, and what both hub and bot are behind for long."""

from clients.helm import Release
from commands.certificate.entrance import Entrance, is_managed_nginx, managed_nginx_words
from commands.certificate.messages_of_entrance import sentences
from commands.certificate.way_in import is_automatic
from commands.diagnostics.checks.readings import Check, CheckResult, Readings, failed, passed, unwrap, warning

_MOVE = "Move it to Gateway API (docs/running.md#gateway-api); z2jh has httpRoute since 4.3.0"


def judge(readings: Readings) -> CheckResult:
    """Judge what the controllers say first, then how long they are supported."""
    found = unwrap(readings.entrance)
    if found is not None and (problems := found.problems_of(readings.host)):
        return failed(sentences(problems).rstrip("."), "/jhub cert")
    nginx = [what for what, is_it in (("The hub", _is_nginx(found)), ("The bot", _bot_is_nginx(readings))) if is_it]
    if nginx:
        return warning("; ".join(managed_nginx_words(what, readings.now) for what in nginx), _MOVE)
    if found is None:
        alone = is_automatic(readings.live if isinstance(readings.live, Release) else None)
        known = "autohttps serves the hub itself" if alone else "no Gateway or Ingress is known to lead to the hub"
        return passed(known)
    if found.unjudged:
        way = "Grant what the bot may not read (docs/permissions.md#gateway-and-ingress); it changes nothing else"
        return warning(sentences(found.unjudged).rstrip("."), way)
    return passed(_described(found))


def _is_nginx(found: Entrance | None) -> bool:
    return found is not None and found.is_managed_nginx


def _bot_is_nginx(readings: Readings) -> bool:
    classes = readings.ingress_classes if isinstance(readings.ingress_classes, list) else []
    its = next((one.controller for one in classes if one.name == readings.bot_ingress_class), "")
    return is_managed_nginx(readings.bot_ingress_class, its)


def _described(found: Entrance) -> str:
    of_class = f" of the class {found.class_name}" if found.class_name else ""
    to = f" at {', '.join(found.addresses)}" if found.addresses else ""
    secrets = ", ".join(dict.fromkeys(secret for secret, _ in found.certificates))
    held = f"; its certificate is in the Secret {secrets}" if secrets else ""
    return f"{found.route} leads in through {found.name}{of_class}{to}{held}"


CHECK = Check(15, "The way in", judge)
