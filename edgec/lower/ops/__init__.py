"""The ops of the integer graph, one per file: attributes, shapes, int8 rules, exact reference."""
