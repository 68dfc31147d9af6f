"""Objects as tables, as kubectl gets them."""
