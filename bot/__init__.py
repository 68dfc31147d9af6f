"""The running process: hosting, identity, permission, consent, work."""
