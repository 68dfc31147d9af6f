"""The bot's database: the tables, their migrations, the connection."""
