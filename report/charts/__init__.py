"""The charts of a report: for each its finding (title, alt text, table) and its figure."""
