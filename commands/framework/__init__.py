"""The framework of commands: declarations, parser, registry, argument types."""
