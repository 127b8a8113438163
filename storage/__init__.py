"""Objects (folder or S3) and records (SQLite or PostgreSQL): the only room that knows either."""
