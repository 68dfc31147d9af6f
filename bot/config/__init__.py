"""The settings: one YAML file, with the environment over it."""
