"""Microsoft Entra: people, groups, app registrations, tokens."""
