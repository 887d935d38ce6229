"""The form of report.json: its schema, and the way back from a file to a summary."""
