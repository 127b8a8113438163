"""``python -m meterdrop``."""

from meterdrop.main import main

main()
