"""People: pages, forms and their access rules."""
