"""The outside world, one self-contained folder each."""
