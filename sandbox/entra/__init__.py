"""Microsoft Entra: people, groups, applications, tokens."""
