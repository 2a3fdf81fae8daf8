"""Traditional Chinese as Taiwan writes it."""
