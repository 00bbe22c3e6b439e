"""Which channels, heads and neurons of a graph must go together, and their removal."""
