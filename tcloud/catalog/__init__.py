"""Categories, solutions and their plans."""
