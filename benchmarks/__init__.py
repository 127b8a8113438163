"""How fast and how right, measured on this machine; each module is run with ``python -m benchmarks.NAME``."""
