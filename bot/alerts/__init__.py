"""The bot speaks up: watchers find what is wrong, the engine turns that into alerts with a life."""
