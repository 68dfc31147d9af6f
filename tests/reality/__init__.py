"""What the real packages do where a good guess is wrong, beside what the product makes of it."""
