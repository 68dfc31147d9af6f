"""Secrets among stored values, for `/jhub config validate`: those that others can read, and those that are missing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cards.views import Lines, Section
from commands.chart.missing_secrets import missing_secrets
from commands.ports.context import Reads
from commands.values.base import base_values
from commands.values.code_changes import secrets_in_code
from commands.values.secrets import leaves


@dataclass(frozen=True)
class SecretReview:
    """Secrets by their paths alone. `exposed` are in a file that others read; `missing` are given nowhere.

    `in_code` are those in code of that file, by the code's path and the line in it.
    `place` is where the values are stored; `is_installed` says that there is a release, which keeps secrets.
    """

    exposed: tuple[tuple[str | int, ...], ...]
    missing: tuple[str, ...]
    place: str
    in_release: bool
    is_installed: bool
    in_code: tuple[tuple[tuple[str | int, ...], int], ...] = ()

    @property
    def verdict(self) -> str:
        """What is wrong with them, to end a sentence with; empty if nothing is."""
        if self.missing:
            return "secrets are missing"
        return "contain secrets" if self.exposed or self.in_code else ""

    @property
    def remedy(self) -> str:
        """What to do with secrets in the file."""
        renew = "Then renew it, since others may have read it."
        if self.is_installed:
            return f"→ Remove it from the file: the release has it and keeps it. {renew}"
        return (
            f"→ Move it to the file that values.secrets_file names: there is no release yet that could keep it. {renew}"
        )

    @property
    def remedy_in_code(self) -> str:
        """What to do with secrets in code of the file: the release keeps none of these."""
        return (
            "→ In code: have it read an environment variable, which hub.extraEnv takes from a Kubernetes Secret by "
            "valueFrom.secretKeyRef. Then renew it, since others may have read it."
        )

    def sections(self) -> Iterator[Section]:
        """Yield what is missing, and why that is known."""
        if not self.missing:
            return
        places = f"{self.place}, the release nor values.secrets_file has it"
        if self.in_release:
            why = "The release does not have it, and the chart does not generate it."
        elif self.is_installed:
            why = f"Neither {places}."
        else:
            why = (
                f"Neither {self.place} nor values.secrets_file has it, and there is no release yet that could keep it: "
                "write it into the file that values.secrets_file names."
            )
        yield Lines((*self.missing, f"→ {why}"), "Secrets that are missing")


async def review_secrets(reads: Reads, written: Mapping[str, object], defaults: Mapping[str, object]) -> SecretReview:
    """Judge the stored values, and all that a deployment would add to them. Raise Unavailable."""
    live = await reads.releases.deployed() or await reads.releases.current()
    in_release = reads.values.kind == "release"
    found = () if in_release else tuple(one.path for one in leaves(written) if one.secret and one.value != "")
    return SecretReview(
        exposed=found,
        missing=missing_secrets((await base_values(reads)).values, defaults),
        place=reads.values.place,
        in_release=in_release,
        in_code=() if in_release else tuple(secrets_in_code(written)),
        is_installed=live is not None and live.status != "uninstalled",
    )
