"""The staff web app: logging in, the review queue and the first dashboard."""
