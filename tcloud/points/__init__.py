"""Grants of points and their two clocks."""
