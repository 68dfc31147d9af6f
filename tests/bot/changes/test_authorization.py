"""The gates of a request, as a table: who, what is asked, what it needs, and what comes of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.changes.approval_policy import ApprovalRequirement, rule
from bot.changes.authorization import (
    Allowed,
    ApprovalLost,
    CommandRequest,
    Frozen,
    InvalidRequest,
    LevelTooLow,
    NeedsApproval,
    NeedsDelay,
    NotPrivate,
    ResponseRefused,
    authorize,
    authorize_response,
    reauthorize,
)
from bot.changes.model import ChangeRequest, Response, State, Vote
from bot.config.access import ApprovalRule
from commands.framework.command import Change, Level
from commands.framework.effects import Effect
from commands.framework.registry import catalogue
from commands.ports.freezes import Freeze
from tests.bot.people import ABE, ANN, OLGA, OLU

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
LOOK = CommandRequest("look", Level.VIEWER)
REVEAL = replace(LOOK, reveals=True, is_private=True)
PAINT = CommandRequest("paint", Level.OPERATOR)
REASONED = replace(PAINT, reason="rain")
EMERGENCY = replace(PAINT, reason="flood", emergency="flood")
FREE = ApprovalRequirement(0, confirm=False)
CONFIRMED = ApprovalRequirement(0, confirm=True)
APPROVED = ApprovalRequirement(2, confirm=False)
BY_ADMIN = ApprovalRequirement(1, confirm=False, by=Level.ADMIN)
WITH_REASON = ApprovalRequirement(0, confirm=True, reason=True)
GRAVE = ApprovalRequirement(1, confirm=False, grave=Effect.DELETES_DATA)
HOLDERS = ("the approvers",)

TABLE = {
    "a viewer looks": (LOOK, Level.VIEWER, FREE, HOLDERS, Allowed()),
    "nobody does not look": (LOOK, Level.ANYONE, FREE, HOLDERS, LevelTooLow(Level.VIEWER)),
    "an admin reveals": (REVEAL, Level.ADMIN, FREE, HOLDERS, Allowed()),
    "an approver reveals nothing": (REVEAL, Level.APPROVER, FREE, (), LevelTooLow(Level.ADMIN, for_reveal=True)),
    "nothing is revealed in public": (replace(REVEAL, is_private=False), Level.ADMIN, FREE, HOLDERS, NotPrivate()),
    "an operator paints": (PAINT, Level.OPERATOR, FREE, HOLDERS, Allowed()),
    "once they confirm": (PAINT, Level.OPERATOR, CONFIRMED, HOLDERS, Allowed(confirm=True)),
    "a viewer does not": (PAINT, Level.VIEWER, CONFIRMED, HOLDERS, LevelTooLow(Level.OPERATOR)),
    "or others approve": (PAINT, Level.ADMIN, APPROVED, HOLDERS, NeedsApproval(2, Level.APPROVER)),
    "of a level": (PAINT, Level.OPERATOR, BY_ADMIN, HOLDERS, NeedsApproval(1, Level.ADMIN)),
    "with a reason": (REASONED, Level.OPERATOR, WITH_REASON, HOLDERS, Allowed(confirm=True)),
    "an admin's emergency waits": (EMERGENCY, Level.ADMIN, APPROVED, (), NeedsDelay()),
    "its text is its reason": (EMERGENCY, Level.ADMIN, replace(APPROVED, reason=True), (), NeedsDelay()),
}


FREEZE = Freeze("f-1", "exam week", "Ada", "ada", NOW, NOW + timedelta(days=1))
GOES_ON = replace(PAINT, in_freeze=True)
IN_FREEZE = {
    "a change is held": (PAINT, Level.OPERATOR, FREE, Frozen(FREEZE)),
    "whoever asks": (PAINT, Level.ADMIN, APPROVED, Frozen(FREEZE)),
    "a level that is too low is told first": (PAINT, Level.VIEWER, FREE, LevelTooLow(Level.OPERATOR)),
    "some go on": (GOES_ON, Level.OPERATOR, FREE, Allowed()),
    "and need what they need": (GOES_ON, Level.OPERATOR, APPROVED, NeedsApproval(2, Level.APPROVER)),
    "an admin's emergency waits": (EMERGENCY, Level.ADMIN, APPROVED, NeedsDelay()),
    "also where nobody would have to agree": (EMERGENCY, Level.ADMIN, CONFIRMED, NeedsDelay()),
}


@pytest.mark.parametrize(("request_", "level", "needed", "verdict"), IN_FREEZE.values(), ids=IN_FREEZE)
def test_a_freeze_holds_changes_back(request_, level, needed, verdict):
    assert authorize(request_, level, needed, HOLDERS, FREEZE) == verdict


def test_in_a_freeze_an_emergency_is_for_admins_and_not_for_what_is_grave():
    for request_, level, needed in ((EMERGENCY, Level.APPROVER, FREE), (EMERGENCY, Level.ADMIN, GRAVE)):
        assert isinstance(authorize(request_, level, needed, HOLDERS, FREEZE), InvalidRequest)
    needless = authorize(replace(EMERGENCY, in_freeze=True), Level.ADMIN, CONFIRMED, HOLDERS, FREEZE)
    assert isinstance(needless, InvalidRequest)


@pytest.mark.parametrize(
    ("emergency", "in_freeze", "verdict"),
    [(False, False, Frozen(FREEZE)), (True, False, Allowed()), (False, True, Allowed())],
)
def test_a_freeze_holds_back_what_was_approved_before_it(emergency, in_freeze, verdict):
    known = change(needed=0, emergency=emergency)
    assert reauthorize(known, Level.OPERATOR, Level.ADMIN, (), FREEZE, in_freeze=in_freeze) == verdict


@pytest.mark.parametrize(("request_", "level", "needed", "holders", "verdict"), TABLE.values(), ids=TABLE)
def test_a_request_is_decided(request_, level, needed, holders, verdict):
    assert authorize(request_, level, needed, holders) == verdict


UNACCEPTABLE = {
    "no reason": (PAINT, Level.OPERATOR, WITH_REASON, HOLDERS, "needs a reason"),
    "nobody to approve": (PAINT, Level.OPERATOR, APPROVED, (), "needs 2 approvals, but no approver is configured"),
    "no admin's emergency": (EMERGENCY, Level.APPROVER, APPROVED, HOLDERS, "Only an admin"),
    "a grave emergency": (EMERGENCY, Level.ADMIN, GRAVE, HOLDERS, "Even in an emergency, nobody can do that alone"),
    "no need for an emergency": (EMERGENCY, Level.ADMIN, CONFIRMED, HOLDERS, "needs no approval"),
}


@pytest.mark.parametrize(("request_", "level", "needed", "holders", "words"), UNACCEPTABLE.values(), ids=UNACCEPTABLE)
def test_a_request_that_cannot_go_on_says_why(request_, level, needed, holders, words):
    verdict = authorize(request_, level, needed, holders)
    assert isinstance(verdict, InvalidRequest)
    assert words in verdict.message


def change(*voters, needed=2, confirm=False, emergency=False):
    return ChangeRequest(
        id="c0a2",
        line="paint door",
        command="paint",
        requester=OLU,
        place="p",
        conversation="c",
        message="m",
        card="",
        state=State.WAITING,
        outcome="",
        title="Paint the door",
        plan="",
        digest="",
        needed=needed,
        confirm=confirm,
        exclusive=True,
        reason="",
        emergency=emergency,
        asked=NOW,
        changed=NOW,
        expires=None,
        ticket=None,
        step="",
        stopped_by="",
        final="",
        votes=tuple(Vote(one, Response.APPROVE, NOW) for one in voters),
    )


BOTH = change(ABE, ANN)
LATER = {
    "nobody lost anything": (BOTH, Level.OPERATOR, BOTH.approvals, Allowed()),
    "the requester did": (BOTH, Level.VIEWER, BOTH.approvals, LevelTooLow(Level.OPERATOR)),
    "an approver did": (BOTH, Level.OPERATOR, BOTH.approvals[:1], ApprovalLost(ANN.name)),
    "one was counted twice": (change(ABE), Level.OPERATOR, change(ABE).approvals, ApprovalLost("")),
    "an emergency needs an admin": (change(emergency=True), Level.APPROVER, (), LevelTooLow(Level.OPERATOR)),
    "and nobody else": (change(emergency=True), Level.ADMIN, (), Allowed()),
}


@pytest.mark.parametrize(("known", "level", "still", "verdict"), LATER.values(), ids=LATER)
def test_a_change_is_decided_again_before_it_is_applied(known, level, still, verdict):
    assert reauthorize(known, Level.OPERATOR, level, still) == verdict


CONFIRM, APPROVE, REJECT, WITHDRAW = Response.CONFIRM, Response.APPROVE, Response.REJECT, Response.WITHDRAW
RESPONSES = {
    "the requester confirms": (change(confirm=True), OLU, CONFIRM, Level.OPERATOR, ""),
    "not without the level": (change(confirm=True), OLU, CONFIRM, Level.VIEWER, "Only operators and above can confirm"),
    "nothing is to confirm where others approve": (change(), OLU, CONFIRM, Level.ADMIN, "without your confirmation"),
    "nor in an emergency": (change(emergency=True), OLU, CONFIRM, Level.ADMIN, "without your confirmation"),
    "the requester withdraws without it": (change(), OLU, WITHDRAW, Level.ANYONE, ""),
    "others do not confirm": (change(confirm=True), OLGA, CONFIRM, Level.ADMIN, f"Only {OLU.name}, who asked"),
    "others do not withdraw": (change(), OLGA, WITHDRAW, Level.ADMIN, f"Only {OLU.name}, who asked"),
    "an approver approves": (change(), ABE, APPROVE, Level.APPROVER, ""),
    "or rejects": (change(), ABE, REJECT, Level.APPROVER, ""),
    "an operator does neither": (change(), OLGA, REJECT, Level.OPERATOR, "Only approvers and above can reject this"),
    "the requester does not approve": (change(), OLU, APPROVE, Level.ADMIN, "somebody else must approve"),
    "what is confirmed is not approved": (change(confirm=True), ABE, APPROVE, Level.ADMIN, "needs no approval"),
    "an emergency is not approved": (change(emergency=True), ABE, APPROVE, Level.ADMIN, "needs no approval"),
    "but rejected": (change(emergency=True), ABE, REJECT, Level.APPROVER, ""),
}


@pytest.mark.parametrize(("known", "who", "response", "level", "words"), RESPONSES.values(), ids=RESPONSES)
def test_a_response_is_decided(known, who, response, level, words):
    verdict = authorize_response(known, who, response, level, to_ask=Level.OPERATOR, to_approve=Level.APPROVER)
    if not words:
        assert verdict == Allowed()
        return
    assert isinstance(verdict, ResponseRefused)
    assert words in verdict.why


@pytest.mark.parametrize(
    ("approved_by", "by"),
    [(Level.OPERATOR, Level.APPROVER), (Level.APPROVER, Level.APPROVER), (Level.ADMIN, Level.ADMIN)],
)
def test_a_policy_never_lowers_the_level_that_an_approval_takes(approved_by, by):
    changes = {one.name: one for one in catalogue() if isinstance(one, Change)}
    change = replace(changes["storage ask"], approved_by=approved_by)
    assert rule(change, {}).by is approved_by
    assert rule(change, {"storage ask": ApprovalRule(approvals=1)}).by is by
