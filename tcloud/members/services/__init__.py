"""Joining, step by step: one module for each thing the applicant does; what was typed is kept at every step."""
