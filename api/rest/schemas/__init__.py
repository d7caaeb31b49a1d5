"""What goes over the wire, one module per resource. An answer is never a table's row."""
