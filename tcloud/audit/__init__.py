"""Who did what when, in a chain nobody can edit unseen."""
