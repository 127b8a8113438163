"""How the weights that find and read a meter's display were made."""
