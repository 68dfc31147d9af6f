"""`jhub-bot` from its first moment on: Ctrl-C before anything has begun ends it without a trace."""

import signal


def main() -> None:
    """Load the command line and run it."""
    # There is nothing to clean up yet, and what is being loaded would show where it was interrupted.
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    # Whoever started it may have held Ctrl-C back until here (deploy/checkout.py).
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    from bot.cli.main import main as run  # noqa: PLC0415 - that is what takes the time

    signal.signal(signal.SIGINT, before)
    run()
