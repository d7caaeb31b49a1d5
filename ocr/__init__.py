"""Between paper and text, both ways: reading what was scanned, printing what is sent."""
