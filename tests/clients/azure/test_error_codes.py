"""Azure's refusals by their codes, wherever those stand: a role, a policy, a quota and a lock are different things."""

import json

import pytest
from azure.core.exceptions import HttpResponseError, ODataV4Format

from clients.azure.aks_operations import HELP
from clients.azure.pipeline import translated
from clients.errors import Forbidden, Rejected, Unavailable

ROLE = "the bot's identity does not have that permission"
POLICY = "A policy of the organisation forbids it"


class Answer:
    """An answer of Azure's with what the SDK has no field for."""

    def __init__(self, body):
        self.body = body

    def text(self):
        return json.dumps(self.body)


async def told(status, error, response=None):
    failed = HttpResponseError("failed")
    failed.status_code, failed.response = status, response
    failed.error = ODataV4Format({"error": error}) if error else None
    with pytest.raises((Rejected, Unavailable)) as caught:
        async with translated(HELP):
            raise failed
    return caught.value


def over(quota, details=""):
    return f"Operation could not be completed as it results in exceeding approved {quota} quota.{details}"


@pytest.mark.parametrize(
    ("source", "status", "error", "words"),
    [
        (
            "Azure Policy on VM sizes",
            403,
            {
                "code": "RequestDisallowedByPolicy",
                "message": "Resource 'users' was disallowed by policy. Policy identifiers: "
                '\'[{"policyAssignment":{"name":"Allowed VM sizes"}}]\'.',
            },
            f"{POLICY} (Allowed VM sizes): no role",
        ),
        (
            "Azure Policy, of an operation that had begun",
            200,
            {"code": "CreateVMSSAgentPoolFailed", "message": 'Code="RequestDisallowedByPolicy" Message="No."'},
            f"{POLICY}: no role",
        ),
        (
            "Azure Policy, in a detail",
            400,
            {
                "code": "InvalidTemplateDeployment",
                "message": "The template deployment failed.",
                "details": [{"code": "RequestDisallowedByPolicy", "message": "Resource 'x' was disallowed by policy."}],
            },
            "The template deployment failed: Resource 'x' was disallowed by policy.",
        ),
        (
            "azure quota over 403",
            403,
            {"code": "QuotaExceeded", "message": over("Total Regional Cores")},
            "quota is used up",
        ),
        (
            "AKS #1149",
            200,
            {
                "code": "ReconcileVMSSAgentPoolFailed",
                "message": "VMSSAgentPoolReconciler retry failed: Category: ClientError; Code: QuotaExceeded; "
                "SubCode: ; "
                f"Message: {over('standardESv5Family Cores')}",
            },
            "The subscription's quota is used up",
        ),
        (
            "Azure Compute",
            409,
            {"code": "OperationNotAllowed", "message": over("standardDSv3Family Cores", " Current Limit: 10")},
            "The subscription's quota is used up",
        ),
        (
            "AKS, in a detail of a failed operation",
            200,
            {
                "code": "ReconcileFailed",
                "message": "Reconciling failed.",
                "details": [{"code": "SubnetIsFull", "message": "Subnet users with prefix 10.1.0.0/24 is full."}],
            },
            "The subnet has no addresses left for more nodes.",
        ),
        (
            "Azure Resource Manager, of a JSON message",
            400,
            {"code": "BadRequest", "message": '{"error":{"code":"SkuNotAvailable","message":"Not available."}}'},
            "choose another size",
        ),
        (
            "a lock",
            409,
            {
                "code": "ScopeLocked",
                "message": "The scope '/subscriptions/5ddf/x' cannot perform write operation because following "
                "scope(s) "
                "are locked: '/subscriptions/5ddf/resourceGroups/mc_jhub'. Please remove the lock and try again.",
            },
            "A lock of the organisation on mc_jhub forbids it",
        ),
        (
            "a deny assignment",
            403,
            {"code": "DenyAssignmentAuthorizationFailed", "message": "A deny assignment denies it."},
            "no role of the bot changes that",
        ),
    ],
)
async def test_what_no_role_changes_is_said_by_its_own_name(source, status, error, words):
    found = await told(status, error)
    assert isinstance(found, Rejected), source
    assert words in str(found)
    assert ROLE not in str(found)
    assert found.code == error["code"]


async def test_the_policy_is_named_where_only_the_answers_additional_information_names_it():
    error = {"code": "RequestDisallowedByPolicy", "message": "Resource 'x' was disallowed by policy."}
    info = {"type": "PolicyViolation", "info": {"policyAssignmentDisplayName": "Only West Europe"}}
    found = await told(403, error, Answer({"error": error | {"additionalInfo": [info]}}))
    assert f"{POLICY} (Only West Europe)" in str(found)


@pytest.mark.parametrize("code", ["AuthorizationFailed", "LinkedAuthorizationFailed"])
async def test_a_role_is_missing_where_the_code_says_so(code):
    found = await told(403, {"code": code, "message": "The client does not have authorization."})
    assert isinstance(found, Unavailable)
    assert f"{ROLE} ({code})" in str(found)


@pytest.mark.parametrize("code", ["SubscriptionSuspended", "Forbidden"])
async def test_what_else_is_forbidden_is_told_in_azures_words(code):
    found = await told(403, {"code": code, "message": "It is not for you today."})
    assert str(found) == "It is not for you today."


async def test_a_403_without_a_word_blames_no_role():
    assert str(await told(403, None)) == "Azure refused and did not say why (403)"


async def test_an_error_that_nobody_knows_gets_no_advice():
    error = {"code": "InternalOperationError", "message": "Quotas and allocations are being looked at."}
    assert str(await told(200, error)) == "Quotas and allocations are being looked at."


async def test_a_missing_role_is_no_outage_and_names_the_action_and_the_scope():
    scope = "/subscriptions/0/resourceGroups/jhub/providers/Microsoft.ContainerService/managedClusters/jhub-aks"
    message = (
        "The client 'a' with object id 'a' does not have authorization to perform action "
        f"'Microsoft.ContainerService/managedClusters/read' over scope '{scope}' or the scope is invalid."
    )
    found = await told(403, {"code": "AuthorizationFailed", "message": message})
    assert isinstance(found, Forbidden)
    assert str(found).endswith(f"(AuthorizationFailed): Microsoft.ContainerService/managedClusters/read on {scope}")
    assert "docs/azure.md" in found.remedy


@pytest.mark.parametrize("name", ["x" * 4_000, "<b>bold</b>", "read' or\n# a heading"])
async def test_an_action_that_is_none_is_not_shown(name):
    found = await told(403, {"code": "AuthorizationFailed", "message": f"It may not perform action '{name}'."})
    assert str(found).endswith("(AuthorizationFailed)")
