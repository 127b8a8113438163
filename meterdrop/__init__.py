"""The front door: the command line, the settings, and the one place that wires adapters together."""
