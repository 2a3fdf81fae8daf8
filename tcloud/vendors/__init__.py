"""Who sells, and who works there."""
