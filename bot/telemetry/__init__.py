"""What the bot tells of itself to those who run it: log lines, metrics, traces. Never a secret, never what was typed."""
