"""Trusted time stamps, RFC 3161."""
