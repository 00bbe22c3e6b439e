"""What a board is: targets/*.toml, and the toolchain that builds for it."""
