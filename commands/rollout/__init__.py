"""Commands that change the release: deploy, upgrade, rollback, repair."""
