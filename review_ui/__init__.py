"""The staff web app: queue and verdicts."""
