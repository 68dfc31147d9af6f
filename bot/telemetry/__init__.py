"""Telemetry for those who run the bot: log lines, metrics, traces. No secrets, nothing that was typed."""
