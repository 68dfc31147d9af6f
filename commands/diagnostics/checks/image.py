"""Check of the users' image: the registry has the tag that is live."""

from commands.diagnostics.checks.readings import Check, CheckResult, Readings, failed, passed, unwrap
from commands.release.record import image_name, image_tag


def judge(readings: Readings) -> CheckResult:
    """Judge the registry's answer about the live tag."""
    live = readings.release
    image = f"{image_name(live)}:{image_tag(live)}"
    if not readings.has_registry:
        return passed(f"{image}; not checked: no registry is configured")
    if unwrap(readings.tag) is None:
        return failed(f"the registry does not have {image}", "/jhub images")
    return passed(f"{image} is in the registry")


CHECK = Check(100, "Image", judge)
