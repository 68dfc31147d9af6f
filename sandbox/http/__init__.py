"""What all of the sandbox's servers share."""
