"""Users of a project's own: ids that are UUIDs, names that are e-mail addresses, nobody is inactive."""
