"""The form reader: finding, registering, cutting, reading."""
