"""Number formats where Django and Taiwan differ."""
