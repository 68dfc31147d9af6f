"""Parts that all of the sandbox's servers share."""
