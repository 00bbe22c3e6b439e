"""Where energy numbers come from, one reader per file; the file name is the reader's name."""
