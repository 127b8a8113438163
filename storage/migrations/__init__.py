"""Alembic's migrations of the records; run by ``storage.records.migrate`` at every start."""
