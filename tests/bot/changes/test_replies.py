"""Answers to errors: what is said of a system that does not answer, and of one that does not let the bot in."""

from bot.changes import replies
from clients.errors import Forbidden, Unavailable


def test_a_system_that_does_not_answer_may_be_asked_again():
    said = replies.unavailable(Unavailable("the hub", "did not answer within 5 s"))
    assert said.title == "The hub is not available"
    assert "Try again in a minute." in said.advice


def test_a_system_that_does_not_let_the_bot_in_is_told_what_helps():
    said = replies.unavailable(Forbidden("the hub", "refused the bot's token (403)", "Give it the scope"))
    assert said.title == "The hub does not let the bot in"
    assert said.advice == ("Give it the scope",)
