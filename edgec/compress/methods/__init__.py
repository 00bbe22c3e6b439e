"""The compression methods, one per file; the file name is the name of the method."""
