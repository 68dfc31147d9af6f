"""The command line `jhub-bot`."""
