"""Companies, who belongs to them, what they consented to, and their applications."""
