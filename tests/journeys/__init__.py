"""Whole journeys without a browser."""
