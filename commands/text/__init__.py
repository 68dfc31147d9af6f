"""Text for people: redaction and sizes."""
