"""Commands that find what is wrong: status, doctor, why, report."""
