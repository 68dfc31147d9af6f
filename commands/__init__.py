"""What people can ask for: one file per command, and what a command is (`spec`, `parse`)."""
