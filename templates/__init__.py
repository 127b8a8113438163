"""A folder a supplier: its dated rules and its forms; one YAML file prints the blank and drives the reader."""
