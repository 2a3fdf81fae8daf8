"""What is done with the journal, one verb per file."""
