"""What a graph can be emitted as, one backend per module."""
