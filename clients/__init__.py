"""The systems outside, one file each: what they say as plain data, what they can be asked to do."""
