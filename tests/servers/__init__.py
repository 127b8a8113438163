"""Real servers for the tests, each on a free loopback port in a folder of its own and stopped for sure."""
