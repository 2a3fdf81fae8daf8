"""Ports and answers of the public registers."""
