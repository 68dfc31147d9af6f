"""Commands that tell what is wrong: status, doctor, why, report."""
