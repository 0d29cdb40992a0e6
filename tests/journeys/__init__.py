"""The specification: whole stories, told by the real bot over signed HTTP."""
