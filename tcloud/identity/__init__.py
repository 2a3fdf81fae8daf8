"""People, their roles, and proof that a company's card was present."""
