"""The freeze, in which changes are refused: begun and lifted."""
