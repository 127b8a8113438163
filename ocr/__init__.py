"""Images in, frozen dataclasses out. Knows no database, no orchestration, no web."""
