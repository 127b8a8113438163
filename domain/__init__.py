"""The words and the rules of the trade, without input or output."""
