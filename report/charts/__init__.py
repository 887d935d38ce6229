"""The charts of a report, one file each: what it shows in words and numbers, and its drawing."""
