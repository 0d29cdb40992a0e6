"""The register: one contract for every engine, and what is particular to SQLite."""
