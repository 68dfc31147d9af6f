"""Commands that change the release: deploy, rollback and repair, and the Helm upgrades that others share."""
