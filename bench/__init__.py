"""Every figure the project claims, each with one command: `make bench`, or `make bench ONLY=prefix`."""
