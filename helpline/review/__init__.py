"""The inbox: what the assistant may have got wrong, found behind the visitors' turns and kept for staff."""
