"""The home of the hub's values, from settings to a client."""

from pathlib import Path
from typing import TYPE_CHECKING

from bot.config.hub import ValuesSection
from bot.config.settings import Settings
from bot.config.types import ConfigError
from bot.secrets.reader import Secrets
from clients.helm import Releases
from clients.values import ReleaseHome
from clients.values.secrets import SYSTEM as SECRETS
from clients.values.secrets import Text

if TYPE_CHECKING:
    from clients.values.file import FileHome
    from clients.values.git import GitHome

    ValuesHome = ReleaseHome | FileHome | GitHome


def values_of(settings: Settings, secrets: Secrets, releases: Releases) -> "ValuesHome":
    """Where the values are written down. Raises ConfigError."""
    values = settings.values
    match values.home:
        case "file":
            from clients.values.file import FileHome  # noqa: PLC0415 - loads ruamel.yaml, for those who need it

            return FileHome(Path(values.file).absolute(), secrets=_secrets(values, secrets))
        case "git":
            return _git(values, secrets)
    return ReleaseHome(releases.deployed, releases.current)


def _git(values: ValuesSection, secrets: Secrets) -> "GitHome":
    from clients.values.git import GitHome, RemoteFile  # noqa: PLC0415 - loads dulwich, for those who need it
    from clients.values.git_objects import SYSTEM, Signature  # noqa: PLC0415

    try:
        place = RemoteFile(values.repository, values.branch, values.file)
    except ValueError as error:
        raise ConfigError(f"values.{error}") from None
    token = values.place_of("token")
    return GitHome(
        place,
        token=None if token is None else secrets.of(token, SYSTEM),
        bot=Signature(values.committer_name, values.committer_email),
        email=lambda object_id: values.author_email.replace("{object_id}", object_id),
        secrets=_secrets(values, secrets),
    )


def _secrets(values: ValuesSection, secrets: Secrets) -> Text | None:
    place = values.place_of("secrets")
    return None if place is None else secrets.text(place, SECRETS)
