"""Configuration files checked and explained for whoever writes them, before a bot is started with them."""
