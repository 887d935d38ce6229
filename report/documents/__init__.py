"""The documents of a report: HTML page, PDF, release notes, and the files they are written to."""
