"""The ops of the integer graph, one per file: attributes, rules, exact reference."""
