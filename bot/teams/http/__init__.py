"""The web server that Teams posts to."""
