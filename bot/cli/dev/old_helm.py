"""What is said on the terminal of a helm that should not be the one that runs."""

from pathlib import Path

from clients.helm import HelmPath, advisories_of, choose


async def warning(setting: str | None, state: Path) -> str:
    """Return a sentence about the helm that the bot would take; "" where nothing is against it, or there is none."""
    try:
        return warning_of(await choose(setting, state))
    except ValueError:
        # The bot says that itself, and does not start.
        return ""


def warning_of(found: HelmPath) -> str:
    """Return what is against a helm, and what to do."""
    if found.version is None or not (known := advisories_of(found.version)):
        return ""
    names, fixed = ", ".join(one.name for one in known), max(one.fixed for one in known)
    return (
        f"Helm {found.version} from {found.origin} is used, which is old: {names}, fixed in {fixed}. "
        "`make helm` builds those of the image (with Go, some minutes), or put a newer one on the PATH."
    )
