"""Calls, their versioned rules, the calendar and the rows that are due."""
