"""The PDF both sides sign."""
