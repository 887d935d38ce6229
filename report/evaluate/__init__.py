"""Networks run over labelled images: the only part of the report that knows the networks."""
