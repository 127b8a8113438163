"""``meterdrop station watch``: a folder that scanners write to, handed in to a server as it fills."""
