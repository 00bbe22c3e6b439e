"""Makes a model smaller: graph in, graph out, plus a report."""
