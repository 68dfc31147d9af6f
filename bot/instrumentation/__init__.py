"""Instrumentation that every package may call: correlation ids, counters, spans. No exporter is imported here."""
