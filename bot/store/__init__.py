"""What the bot keeps: changes, votes, the audit trail, names, replicas. The only package that knows SQL."""
