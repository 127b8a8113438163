"""How the weights under ``ocr/weights`` were made; never imported at run time."""
