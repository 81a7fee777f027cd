"""Use cases over people, one class for each desk that has them."""
