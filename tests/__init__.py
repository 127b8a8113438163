"""Tests: unit, integration (real servers), end to end."""
