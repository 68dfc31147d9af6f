"""Conversations and cards of Teams as `bot.chat.platform` has them: what is said there goes by the outbox."""

import json
from dataclasses import asdict

from bot.teams.conversations.reference import ConversationReference
from bot.teams.outbox.card import CardStage, QueuedCard
from bot.teams.outbox.outbox import Outbox
from cards.views import View


class TeamsConversation:
    """Implementation of `bot.chat.platform.Conversation`."""

    def __init__(self, outbox: Outbox, reference: ConversationReference) -> None:
        self._outbox = outbox
        self.reference = reference

    @property
    def id(self) -> str:
        """The conversation's id in Teams; in a channel, the thread's."""
        return self.reference.conversation_id

    @property
    def address(self) -> str:
        """The reference, as JSON: `ConversationReference.from_address` reads it."""
        return json.dumps(asdict(self.reference), sort_keys=True)

    @property
    def is_personal(self) -> bool:
        """True for the chat of one person with the bot."""
        return self.reference.is_personal

    @property
    def is_private(self) -> bool:
        """True if one person alone sees what is said here now."""
        return self.reference.is_personal or self.reference.targeted

    async def post(self, view: View) -> "TeamsCard":
        """Post a card. Return after the first attempt, or after five seconds; it is tried further if it may."""
        card = QueuedCard(self.reference, wanted=view)
        await self._outbox.send(card)
        return TeamsCard(self._outbox, card)

    def card(self, card_id: str) -> "TeamsCard":
        """Return a handle on a card posted before."""
        return TeamsCard(self._outbox, self._outbox.card(self.reference, card_id))

    @property
    def own(self) -> "TeamsConversation":
        """The channel, for a thread in it; else the same place."""
        return TeamsConversation(self._outbox, self.reference.own)

    @property
    def open(self) -> "TeamsConversation":
        """The same place for everybody in it."""
        return TeamsConversation(self._outbox, self.reference.open)

    def below(self, card_id: str) -> "TeamsConversation":
        """Return the thread that the card began, in a channel; else the same place."""
        return TeamsConversation(self._outbox, self.reference.thread(card_id).without_prompt)


class TeamsCard:
    """Implementation of `bot.chat.platform.Posted`."""

    def __init__(self, outbox: Outbox, card: QueuedCard) -> None:
        self._outbox = outbox
        self._card = card

    @property
    def id(self) -> str:
        """The message's id, empty while there is none."""
        return self._card.id

    @property
    def is_banished(self) -> bool:
        """True once Teams has said that the bot may not write there any more."""
        return self._card.banished

    @property
    def is_lost(self) -> bool:
        """True if it was given up."""
        return self._card.stage is CardStage.GIVEN_UP

    def update(self, view: View) -> None:
        """Show `view` soon; do nothing after `finish`."""
        self._card.want(view, final=False)
        self._outbox.queue(self._card)

    async def shows(self, view: View) -> bool:
        """Show `view`. Return True if Teams has said so. Not after `finish`. Return after five seconds at most."""
        self._card.insist()
        self._card.want(view, final=False)
        await self._outbox.send(self._card)
        return self._card.is_shown

    async def finish(self, view: View) -> None:
        """Show `view` as the last state. Return once it is shown or, after one attempt or five seconds, stored."""
        self._card.want(view, final=True)
        await self._outbox.send(self._card)
