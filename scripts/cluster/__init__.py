"""The whole of meterdrop on one machine, from Debian's packages, without containers: ``make cluster``."""
