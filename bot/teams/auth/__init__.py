"""Authentication both ways: who posts to the bot, and as whom it writes."""
