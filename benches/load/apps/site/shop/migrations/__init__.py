"""The steps of the database's tables."""
