"""What happens to grants, one verb per file."""
