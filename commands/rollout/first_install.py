"""The base of a first installation, in the shape of an upgrade's base."""

from clients.errors import Rejected
from clients.helm import Chart, Release
from commands.chart.versions import first_version
from commands.framework.errors import UserError
from commands.ports.context import Reads


async def first_release(reads: Reads) -> Release:
    """Return revision 0: the stored values and the chart that helm would use, without a manifest.

    From a chart repository the newest version is used. Raise UserError if values are stored nowhere but in the release
    itself, or if there is no version of the chart; Unavailable.
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
        chart=Chart("jupyterhub", await first_version(reads), ""),
        first_deployed=None,
        last_deployed=None,
        description="",
        labels={},
        values=written.values,
        defaults={},
        manifest="",
    )
