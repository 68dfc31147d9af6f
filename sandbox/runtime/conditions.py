"""Conditions in an object's status: their times stand still while nothing changes."""

from sandbox.apiserver.objects.resource_kinds import Json


def find_condition(status: Json, kind: str) -> Json | None:
    """Return the condition of that type, None if there is none."""
    return next((one for one in status.get("conditions") or () if one.get("type") == kind), None)


def is_true(status: Json, kind: str) -> bool:
    """Return True if there is a condition of that type and it is true."""
    condition = find_condition(status, kind)
    return condition is not None and condition.get("status") == "True"


def set_condition(status: Json, kind: str, value: bool, now: str, reason: str = "", message: str = "") -> Json:
    """Put the condition into the status, with `lastTransitionTime` `now` if its value is new. Return it."""
    word = "True" if value else "False"
    conditions = status.setdefault("conditions", [])
    known = find_condition(status, kind)
    if known is None:
        known = {"type": kind}
        conditions.append(known)
    if known.get("status") != word:
        known |= {"status": word, "lastTransitionTime": now}
    for field, text in (("reason", reason), ("message", message)):
        if text:
            known[field] = text
        else:
            known.pop(field, None)
    return known
