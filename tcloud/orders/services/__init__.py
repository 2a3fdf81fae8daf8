"""Writing orders: one module for each thing a person or the clock does."""
