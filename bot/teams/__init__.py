"""Teams: the only package that knows Bot Framework's protocol, its tokens and its limits.

The rest of the bot uses the names below and `bot.chat.platform`.
"""

from bot.teams.channel import TeamsChannel
from bot.teams.conversations.reference import ConversationReference
from bot.teams.http.connection_limits import listening
from bot.teams.http.server import check_host, make_app
from bot.teams.settings import TeamsSettings

__all__ = ["ConversationReference", "TeamsChannel", "TeamsSettings", "check_host", "listening", "make_app"]
