"""Conversations as the bot knows them, whichever platform carries them."""
