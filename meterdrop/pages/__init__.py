"""Pages that the command line writes into files."""
