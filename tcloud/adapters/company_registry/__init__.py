"""The open-data API of the company and business registers (GCIS)."""
