"""Microsoft Entra: people, groups, applications and the login page."""
