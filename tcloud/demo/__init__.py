"""Demo data, the clock page, the examiner's door."""
