"""The steps that set the bot up in Azure: determined by reading only, and shown before they are done."""

import argparse
import json
import secrets
import shlex
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from execution import Answer, Known, SetupError, Step, found
from vaults import reading, vaults

HERE: Final = Path(__file__).resolve().parent
GRAPH: Final = "https://graph.microsoft.com/v1.0"
# Microsoft Graph's own application, the same in every tenant.
GRAPH_APP: Final = "00000003-0000-0000-c000-000000000000"
# As clients/azure/permissions.py lists them; the last one only where the hub's registration is named.
READING: Final = ("User.Read.All", "GroupMember.Read.All")
ROTATING: Final = "Application.ReadWrite.OwnedBy"


def survey(ask: Answer, given: argparse.Namespace) -> Known:
    """Return what exists already, by reading only. Raise SetupError for what is missing."""
    account = found(ask, "account", "show")
    cluster = found(ask, "aks", "show", "--name", given.cluster, "--resource-group", given.cluster_resource_group)
    roles = found(ask, "ad", "sp", "show", "--id", GRAPH_APP)
    known = {
        "subscription": account["id"],
        "tenant": account["tenantId"],
        "who": account["user"]["name"],
        "keeper": found(ask, "ad", "signed-in-user", "show")["id"],
        "cluster": cluster["id"],
        "graph": roles["id"],
        "roles": {one["value"]: one["id"] for one in roles["appRoles"]},
        "vaults": vaults(ask, given.config),
    }
    if given.registry:
        found(ask, "acr", "show", "--name", given.registry)
    if given.image_registry:
        known["image_registry"] = found(ask, "acr", "show", "--name", given.image_registry)
    return known


def plan(ask: Answer, given: argparse.Namespace, known: Known) -> list[Step]:
    """Return all steps, in order."""
    return [
        *_identity(given, known),
        *_secrets(ask, given),
        *_permissions(ask, given, known),
        *reading(given.config, known["vaults"]),
        _app(given, known),
    ]


def _identity(given: argparse.Namespace, known: Known) -> Iterator[Step]:
    group = ("--name", given.resource_group, "--location", given.location, "--output", "none")
    yield Step(f"Create the resource group {given.resource_group} in {given.location}", ("group", "create", *group))
    yield Step(
        "Create the bot's identity and a Key Vault, and give the identity its own role on the cluster"
        + (" and on the registry" if given.registry else ""),
        _deployment(given, "identity"),
        {
            "name": given.name,
            "clusterName": given.cluster,
            "clusterResourceGroup": given.cluster_resource_group,
            "registryName": given.registry,
            "registryResourceGroup": given.registry_resource_group,
            "keeper": known["keeper"],
        },
    )


def _secrets(ask: Answer, given: argparse.Namespace) -> Iterator[Step]:
    def has_database(known: Known) -> bool:
        held = found(ask, "keyvault", "secret", "list", "--vault-name", known["vaultName"])
        return "database-url" in {one["name"] for one in held}

    yield Step(
        "Create a PostgreSQL server for the bot's records (Standard_B1ms), unless the vault already has its address",
        _deployment(given, "database"),
        {"name": given.name, "vaultName": "{vaultName}", "password": _password()},
        secret=("password",),
        unless=has_database,
        patient=True,
    )
    for name, file in (("kubeconfig", given.kubeconfig), ("hub-token", given.hub_token)):
        into = ("--vault-name", "{vaultName}", "--name", name, "--file", str(file), "--output", "none")
        yield Step(f"Put {file} into the vault as {name}", ("keyvault", "secret", "set", *into), patient=True)


def _permissions(ask: Answer, given: argparse.Namespace, known: Known) -> Iterator[Step]:
    for name in (*READING, *([ROTATING] if given.hub_app_id else [])):
        yield _graph(ask, known, name)
    if given.hub_app_id:
        yield Step(
            "Make the identity an owner of the hub's app registration, so that it can rotate its secret",
            ("ad", "app", "owner", "add", "--id", given.hub_app_id, "--owner-object-id", "{principalId}"),
            unless=lambda so_far: (
                so_far["principalId"]
                in {one["id"] for one in found(ask, "ad", "app", "owner", "list", "--id", given.hub_app_id)}
            ),
        )
    if given.image_registry:
        whom = ("--assignee-object-id", "{principalId}", "--assignee-principal-type", "ServicePrincipal")
        where = ("--role", "AcrPull", "--scope", known["image_registry"]["id"], "--output", "none")
        yield Step(
            f"Let the identity pull the bot's image from {given.image_registry} (AcrPull)",
            ("role", "assignment", "create", *whom, *where),
        )


def _graph(ask: Answer, known: Known, name: str) -> Step:
    role = known["roles"].get(name)
    if role is None:
        raise SetupError(f"Microsoft Graph has no application permission {name}")
    assignments = f"{GRAPH}/servicePrincipals/{{principalId}}/appRoleAssignments"
    body = {"principalId": "{principalId}", "resourceId": known["graph"], "appRoleId": role}

    def has(so_far: Known) -> bool:
        given = found(ask, "rest", "--method", "GET", "--url", assignments.format_map(so_far))
        return role in {one["appRoleId"] for one in given["value"]}

    return Step(
        f"Grant the identity {name} in Microsoft Graph, with your consent as an administrator",
        ("rest", "--method", "POST", "--url", assignments, "--body", "@{parameters}", "--output", "none"),
        {"": body},
        unless=has,
    )


def _app(given: argparse.Namespace, known: Known) -> Step:
    image_registry = known["image_registry"]["loginServer"] if given.image_registry else ""
    return Step(
        "Create the Container App, and the Azure Bot through which Teams reaches it",
        _deployment(given, "app"),
        {
            "name": given.name,
            "identityId": "{identityId}",
            "clientId": "{clientId}",
            "vaultUri": "{vaultUri}",
            "image": given.image,
            "imageRegistry": image_registry,
            "clusterName": given.cluster,
            "clusterResourceGroup": given.cluster_resource_group,
            "subscriptionId": known["subscription"],
            "config": given.config,
        },
    )


def _deployment(given: argparse.Namespace, template: str) -> tuple[str, ...]:
    return (
        *("deployment", "group", "create", "--resource-group", given.resource_group),
        *("--name", f"{given.name}-{template}", "--template-file", str(HERE / f"{template}.bicep")),
        *("--parameters", "@{parameters}", "--query", "properties.outputs", "--output", "json"),
    )


def _password() -> str:
    # PostgreSQL on Azure wants three kinds of characters; none that an address would have to escape.
    letters = string.ascii_letters + string.digits
    return "aA1" + "".join(secrets.choice(letters) for _ in range(45))


def describe(step: Step, number: int) -> str:
    """Return a step as the terminal shows it: its title, its command, and its parameters."""
    lines = [f"{number}. {step.title}", f"     az {shlex.join(step.command)}"]
    for name, value in step.parameters.items():
        lines.append(f"       {name + ' = ' if name else ''}{_shown(name, value, step)}")
    return "\n".join(lines)


def _shown(name: str, value: object, step: Step) -> str:
    if name in step.secret:
        return "(created now, stored only in the vault)"
    return f"the contents of {value}" if isinstance(value, Path) else json.dumps(value)
