"""A picture of many digits: ink, components, candidates, and lines in reading order."""
