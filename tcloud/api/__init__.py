"""Machines: what outside programs may read, described by OpenAPI."""
