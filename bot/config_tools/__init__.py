"""What a configuration file says, checked and explained: for whoever writes it, before a bot is started with it."""
