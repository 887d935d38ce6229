"""The documents of a report: HTML page, PDF, release notes, and writing them together."""
