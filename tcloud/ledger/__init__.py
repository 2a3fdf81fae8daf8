"""Double-entry journal of points and cash facts: append-only, whole numbers, never below zero by accident."""
