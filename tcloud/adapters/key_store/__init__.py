"""Vendors' keys that the platform keeps."""
