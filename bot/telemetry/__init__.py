"""What the bot tells of itself to those who run it: log lines, metrics, traces. No secrets, nothing that was typed."""
