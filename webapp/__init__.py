"""The demo: a web page and a plain HTTP interface around one network."""
