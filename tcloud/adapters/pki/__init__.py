"""What card and time stamp both rest on: chains to pinned roots, revocation, fetching from listed hosts only."""
