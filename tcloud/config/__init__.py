"""Wires everything together; imported by nothing."""
