"""The ways in. So far the public web app says how readings are handed over; it takes none itself."""
