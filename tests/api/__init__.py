"""The machine-readable side."""
