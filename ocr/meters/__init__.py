"""A customer's photo of a meter: find the display, read it, say why not."""
