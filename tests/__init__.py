"""The specification: what must be true, said by the real bot against strict emulators."""
