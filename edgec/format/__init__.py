"""The .edgec file and the bundle directory: written and read."""
