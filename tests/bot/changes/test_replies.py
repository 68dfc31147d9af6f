"""Answers to errors: what is said of a system that does not answer, and of one that does not let the bot in."""

import json

import pytest

from bot.access.access import AccessUnknown
from bot.changes import replies
from bot.changes.step_results import error_record, restored_result
from clients.errors import Forbidden, Unavailable


def test_a_system_that_does_not_answer_may_be_asked_again():
    said = replies.unavailable(Unavailable("the hub", "did not answer within 5 s"))
    assert said.title == "The hub is not available"
    assert "Try again in a minute." in said.advice


def test_a_system_that_does_not_let_the_bot_in_is_told_what_helps():
    said = replies.unavailable(Forbidden("the hub", "refused the bot's token (403)", "Give it the scope"))
    assert said.title == "The hub does not let the bot do that"
    assert said.advice == ("Give it the scope",)


DENIED = Forbidden("Microsoft Graph", "refused (403)", "Have an administrator grant it")


def test_a_right_that_is_missing_for_checking_a_permission_is_not_tried_again():
    assert replies.unavailable(AccessUnknown(DENIED)).advice == ("Have an administrator grant it.",)
    assert "in a minute" not in replies.unchecked(AccessUnknown(DENIED))
    silent = AccessUnknown(Unavailable("Microsoft Graph", "did not answer"))
    assert replies.unavailable(silent).advice == ("Try again in a minute.",)
    assert replies.unchecked(silent).endswith("Try again in a minute.")


def test_a_step_that_ended_without_a_right_says_so_after_a_restart():
    with pytest.raises(Forbidden) as caught:
        restored_result(json.loads(json.dumps(error_record(DENIED))), str)
    assert (str(caught.value), caught.value.remedy) == (str(DENIED), DENIED.remedy)
