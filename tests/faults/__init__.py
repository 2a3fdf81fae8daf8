"""Kills and hostile input."""
