"""The needs questionnaire and what it recommends."""
