"""Its table of contents follows with its first room."""
