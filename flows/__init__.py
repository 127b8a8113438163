"""Prefect flows, thin: they call services for each chunk of sheets."""
