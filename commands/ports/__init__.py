"""What commands may read and write: one file for each outside system."""
