"""The models that the demonstration can run, one per file."""
