"""The HTTP API for every channel that is no page: robots, terminals, portals, text messages, billing."""
