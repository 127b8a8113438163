"""The ways in: the public pages, where customers send photos of their meters."""
