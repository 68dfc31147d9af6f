"""Commands about the bot's hubs."""
