"""The numbers of a report: counts, metrics, tests of significance, and the summary of them all."""
