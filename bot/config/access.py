"""Settings of who may do what, and whose approval it takes."""

from datetime import timedelta
from pathlib import Path
from typing import Literal, Self

from pydantic import (
    Field,
    model_validator,
)

from bot.config.types import Duration, Secret, Section


class Group(Section):
    """An Entra group, by object id. The name is shown to people who need to know whom to ask."""

    id: str = Field(pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")
    """The group's object id in Entra, such as 0c2b1f7e-5a3d-4c6b-9e8f-7a6b5c4d3e2f."""
    name: str = ""
    """The group's name, shown to people who need to know whom to ask."""


class TeamRoster(Section):
    """A team whose owners and members get levels: the weaker alternative, for tenants without Graph permissions.

    `id` is the team's own conversation id (19:…@thread.tacv2). Any owner of the team can then give anybody a level.
    """

    id: str = Field(min_length=1)
    """The team's own conversation id: 19:…@thread.tacv2."""
    owners: Literal["viewer", "operator", "approver", "admin"] = "admin"
    """The level of the team's owners."""
    members: Literal["", "viewer", "operator", "approver", "admin"] = "viewer"
    """The level of the team's members; empty for none."""
    service_url: str = "https://smba.trafficmanager.net/teams/"
    """The Teams service that is asked who is in the team."""


class AccessSettings(Section):
    """Which groups may do what. Each level includes the levels below it. By default, nobody has a level."""

    viewer: tuple[Group, ...] = ()
    """Groups that may look at things."""
    operator: tuple[Group, ...] = ()
    """Groups that may also change things."""
    approver: tuple[Group, ...] = ()
    """Groups that may also approve other people's changes."""
    admin: tuple[Group, ...] = ()
    """Groups that may do everything, including emergencies."""
    team: TeamRoster | None = None
    """Instead of groups, a team whose owners and members get levels."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.team and any((self.viewer, self.operator, self.approver, self.admin)):
            raise ValueError("give levels to groups or to a team, not to both")
        return self


class GraphSection(Section):
    """How the bot asks Microsoft Graph for memberships. In a sandbox, `token_file` replaces an identity."""

    url: str = "https://graph.microsoft.com"
    """Microsoft Graph's address."""
    identity: Literal["ManagedIdentity", "WorkloadIdentity", "AzureCli", "ClientSecret"] = "ManagedIdentity"
    """The identity that the bot uses for Graph."""
    tenant_id: str = ""
    """The tenant id; for ClientSecret only."""
    client_id: str = ""
    """The client id of a user-assigned identity, or of the app."""
    secret: Secret | None = None
    """Where the app's client secret is stored; for ClientSecret only."""
    secret_file: Path | None = None
    """The same, as a file path."""
    token: Secret | None = None
    """Where a ready-made token is stored, instead of an identity; for the sandbox."""
    token_file: Path | None = None
    """The same, as a file path."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.identity == "ClientSecret" and not (self.tenant_id and self.client_id and self.place_of("secret")):
            raise ValueError("identity ClientSecret needs tenant_id, client_id and secret")
        return self


class ApprovalRule(Section):
    """What a command needs in addition to its own requirements. Nothing here can make it need less."""

    approvals: int = Field(default=0, ge=0, le=5)
    """The number of approvals by other people."""
    confirm: bool = False
    """Whether the person who asked must confirm."""
    reason: bool = False
    """Whether a reason is required."""


class GraveRule(Section):
    """What an effect needs that nobody may have alone, not even in an emergency: one approval at least."""

    approvals: int = Field(default=1, ge=1, le=5)
    """The number of approvals by other people."""
    by: Literal["approver", "admin"] = "approver"
    """Who can approve: approvers, or only admins."""
    reason: bool = False
    """Whether a reason is required."""


class EffectRule(Section):
    """What an effect needs: approvals, and whether an emergency may do without."""

    approvals: int = Field(default=1, ge=0, le=5)
    """The number of approvals by other people; 0 for none."""
    by: Literal["approver", "admin"] = "approver"
    """Who can approve: approvers, or only admins."""
    reason: bool = False
    """Whether a reason is required."""
    emergency: bool = True
    """Whether an admin can go on without approvals in an emergency."""


class EffectRules(Section):
    """Who has to agree to what a change does, whichever command does it. The first three are never one person's."""

    deletes_data: GraveRule = GraveRule()
    """Deletes homes, the hub's database or snapshots, or makes the hub look for them elsewhere."""
    runs_code: GraveRule = GraveRule()
    """Runs code in the hub or in everybody's servers: extraConfig, other images, commands, profiles."""
    changes_access: GraveRule = GraveRule()
    """Changes who may log in, who is an admin, or what they may do."""
    opens_network: EffectRule = EffectRule()
    """Changes what can reach the hub and its servers, or what they can reach."""
    stops_everybody: EffectRule = EffectRule()
    """Stops everybody's work: the cluster, all nodes of a pool."""
    costs_more: EffectRule = EffectRule()
    """Gives a pool more nodes than azure.most_nodes or its own maximum, or a home more than storage.grow_limit."""


class ApprovalSettings(Section):
    """How long a question waits for an answer, where approvers see it, and what needs more than usual.

    Without a `channel`, what is asked for in a personal chat is shown personally to each approver who has written to
    the bot, and refused where there is none.
    """

    expiry: Duration = timedelta(minutes=30)
    """How long a question waits for an answer."""
    emergency_delay: Duration = timedelta(minutes=5)
    """How long an emergency waits while its card is surely shown, so that any approver can stop it."""
    channel: str = Field(default="", pattern=r"^[^\s;/]*$", max_length=200)
    """The id of the channel or group chat with the approvers, where every request is shown; empty for none."""
    effects: EffectRules = EffectRules()
    """Who has to agree to what a change does."""
    policy: dict[str, ApprovalRule] = Field(default={})
    """What commands need in addition to their own requirements, by the command's name."""
