"""Numbers about what the assistant does, from counts without anybody's words, as charts, tables and CSV."""
