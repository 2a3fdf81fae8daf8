"""The clock and the queue: one task calls one use case."""
