"""A release that is not there yet: what an installation starts from, in the shape of what an upgrade starts from."""

from clients.errors import Rejected
from clients.helm import Chart, Release
from commands.framework.errors import UserError
from commands.ports.context import Reads


async def unborn(reads: Reads) -> Release:
    """Revision 0: the values as they are written down, and the chart that helm would take. It has no manifest.

    Of a chart in a repository the newest version is taken. Raises UserError where no values are written anywhere but
    in the release itself, or there is no version of the chart; Unavailable.
    """
    names = reads.names
    missing = f"There is no release “{names.release}” in {names.namespace}"
    if reads.values.kind == "release":
        raise UserError(
            f"{missing}, and the hub's values are stored only in the release, so there is nothing to install.",
            "Configure a values file for the bot (values); container/config.example.yaml is one to begin with.",
        )
    try:
        written = await reads.values.written()
    except Rejected as error:
        raise UserError(str(error), "/jhub config validate") from None
    if written is None:
        raise UserError(f"{missing}, and {reads.values.place} does not exist yet, so there is nothing to install.")
    return Release(
        name=names.release,
        namespace=names.namespace,
        revision=0,
        status="",
        chart=Chart("jupyterhub", await _version(reads), ""),
        first_deployed=None,
        last_deployed=None,
        description="",
        labels={},
        values=written.values,
        defaults={},
        manifest="",
    )


async def _version(reads: Reads) -> str:
    local = await reads.charts.local_version()
    if local is not None:
        return local
    versions = await reads.charts.versions()
    if not versions:
        raise UserError("The chart repository has no version of the chart (release.repository).")
    return versions[0]
