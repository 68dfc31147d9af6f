"""The questions that a first configuration is made from, and what becomes of their answers."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

from pydantic import TypeAdapter, ValidationError

from bot.config_tools.error_messages import explained
from bot.config_tools.introspection import field_at

Answers = Mapping[str, str]
# Settings by their paths, such as ("teams", "port").
Values = dict[tuple[str, ...], object]

_ID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_HOST: Final = re.compile(r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}", re.IGNORECASE)
_NAME: Final = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


class AnswerError(ValueError):
    """An answer that cannot be. The message says what can, and does not repeat it."""


@dataclass(frozen=True)
class Question:
    """Question about one setting. `values` makes settings of an answer.

    It is asked where `when` says so of the answers before it; an empty answer leaves the setting out, where it may.
    """

    name: str
    text: str
    default: Callable[[Answers], str] = lambda _: ""
    when: Callable[[Answers], bool] = lambda _: True
    needed: bool = False
    form: re.Pattern[str] | None = None
    example: str = ""
    values: Callable[[str], Values] | None = None

    def settings(self, answer: str) -> Values:
        """Return what the answer sets. Raise AnswerError."""
        given = answer.strip()
        if not given:
            if self.needed:
                raise AnswerError(f"this is needed, e.g. {self.example}" if self.example else "this is needed")
            return {}
        if self.form is not None and not self.form.fullmatch(given):
            raise AnswerError(f"it should look like {self.example}")
        made: Values = self.values(given) if self.values else {_path(self.name): given}
        for path, value in made.items():
            _check(path, value)
        return made


def _path(name: str) -> tuple[str, ...]:
    return tuple(name.split("."))


def _check(path: tuple[str, ...], value: object) -> None:
    """Check one value against its own setting. Raise AnswerError."""
    field = field_at(path)
    assert field is not None  # noqa: S101 - questions are about settings
    adapter: TypeAdapter[object] = TypeAdapter(Annotated[field.annotation, field])  # type: ignore[arg-type] # a type made here
    try:
        adapter.validate_python(value)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise AnswerError(explained({**first, "loc": (*path, *first["loc"])})) from None


def _each(*names: str) -> Callable[[str], Values]:
    return lambda answer: {_path(name): answer for name in names}


def _list(name: str) -> Callable[[str], Values]:
    return lambda answer: {_path(name): answer.replace(",", " ").split()}


def _groups(level: str) -> Callable[[str], Values]:
    return lambda answer: {("access", level): [{"id": one} for one in answer.replace(",", " ").split()]}


def _file(name: str) -> Callable[[str], Values]:
    return lambda answer: {_path(name): str(Path(answer).expanduser())}


def _secret(name: str) -> Callable[[str], Values]:
    """Return a function that makes a reference of an answer. A path alone is a file's."""
    return lambda answer: {_path(name): _reference(answer)}


def _reference(answer: str) -> str:
    return f"file:{Path(answer).expanduser()}" if answer.startswith(("/", "./", "~/")) else answer


def _hub_token(answer: str) -> Values:
    return {("hub", "token_secret"): {}} if answer.lower() == "chart" else _secret("hub.token")(answer)


def _app(answer: str) -> Values:
    # With an app, Teams must reach it.
    return {("teams", "app_id"): answer, ("teams", "host"): "0.0.0.0"}  # noqa: S104 - who asks is checked by token


def _always(text: str) -> Callable[[Answers], str]:
    return lambda _: text


def _given(name: str) -> Callable[[Answers], bool]:
    return lambda answers: bool(answers.get(name))


def _identity(answers: Answers) -> str:
    return "ManagedIdentity" if answers.get("kubernetes.kubeconfig") else "WorkloadIdentity"


def _group(level: str, may: str) -> Question:
    text = f"The object ids of the Entra groups that may {may} ({level})"
    return Question(f"access.{level}", text, values=_groups(level))


_ANY_ID: Final = "0c2b1f7e-5a3d-4c6b-9e8f-7a6b5c4d3e2f"
_LEVELS: Final = ("viewer", "operator", "approver", "admin")

QUESTIONS: Final = (
    Question(
        "kubernetes.kubeconfig",
        "The path of a kubeconfig, if the bot runs outside the cluster (empty if it runs inside)",
        values=_file("kubernetes.kubeconfig"),
    ),
    Question("kubernetes.namespace", "The hub's namespace", _always("jhub"), form=_NAME, example="jhub", needed=True),
    Question(
        "release.name",
        "The name of the Helm release",
        _always("jupyterhub"),
        form=_NAME,
        example="jupyterhub",
        needed=True,
    ),
    Question(
        "hub.url",
        "The URL of the hub's REST API",
        lambda answers: f"http://hub.{answers.get('kubernetes.namespace') or 'jhub'}.svc.cluster.local:8081",
        form=re.compile(r"https?://[^\s/@?#]+(/[^\s?#]*)?"),
        example="http://hub.jhub.svc.cluster.local:8081",
        needed=True,
    ),
    Question(
        "hub.token",
        "Where the bot's token for the hub is: a path, env:NAME, keyvault:https://…, or “chart” for the chart's Secret",
        _always("chart"),
        values=_hub_token,
    ),
    Question("public.host", "The hub's public host name", form=_HOST, example="hub.example.org"),
    Question("azure.cluster", "The AKS cluster's name in Azure (empty for a hub without node commands)"),
    Question(
        "azure.subscription_id",
        "The id of its subscription",
        when=_given("azure.cluster"),
        needed=True,
        form=_ID,
        example=_ANY_ID,
    ),
    Question(
        "azure.resource_group",
        "The name of its resource group",
        when=_given("azure.cluster"),
        needed=True,
        example="jhub",
    ),
    Question(
        "registry.login_server", "The registry of the users' image, such as jhub.azurecr.io (empty to check no tags)"
    ),
    *(_group(level, may) for level, may in zip(_LEVELS, ("look", "change", "approve", "do everything"), strict=True)),
    Question(
        "azure.identity",
        "The identity with which the bot calls Azure and Graph: ManagedIdentity, WorkloadIdentity or AzureCli",
        _identity,
        when=lambda answers: any(map(answers.get, ("azure.cluster", *(f"access.{level}" for level in _LEVELS)))),
        values=_each("azure.identity", "graph.identity"),
    ),
    Question(
        "azure.client_id",
        "The identity's client id, if it is a user-assigned one",
        when=lambda answers: answers.get("azure.identity") == "ManagedIdentity",
        form=_ID,
        example=_ANY_ID,
        values=_each("azure.client_id", "graph.client_id"),
    ),
    Question(
        "teams.app_id",
        "The Azure Bot's app id (empty to serve this machine only)",
        form=_ID,
        example=_ANY_ID,
        values=_app,
    ),
    Question(
        "teams.tenants",
        "The ids of the tenants to serve, the app's own first",
        when=_given("teams.app_id"),
        needed=True,
        form=re.compile(rf"{_ID.pattern}([\s,]+{_ID.pattern})*"),
        example=_ANY_ID,
        values=_list("teams.tenants"),
    ),
    Question(
        "teams.app_type",
        "How the app authenticates: SingleTenant, UserAssignedMSI, WorkloadIdentity or AzureCli",
        _always("SingleTenant"),
        when=_given("teams.app_id"),
        needed=True,
    ),
    Question(
        "teams.app_secret",
        "Where its client secret is: a path, env:NAME or keyvault:https://…",
        _always("/run/secrets/app-secret"),
        when=lambda answers: bool(answers.get("teams.app_id")) and answers.get("teams.app_type") == "SingleTenant",
        needed=True,
        example="/run/secrets/app-secret",
        values=_secret("teams.app_secret"),
    ),
    Question(
        "schedules.timezone",
        "The time zone of schedules and of quiet hours",
        _always("UTC"),
        needed=True,
        values=_each("schedules.timezone", "alerts.timezone", "report.timezone"),
    ),
)
