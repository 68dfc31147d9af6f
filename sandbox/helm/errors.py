"""The errors of running helm."""


class HelmError(Exception):
    """A run of helm that failed, or could not begin. The message is helm's own."""
