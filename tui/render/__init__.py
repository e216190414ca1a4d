"""Pure drawing: data in, strips out."""
