"""The main job before a newcomer's eyes: a letter goes out, comes back on paper, and lands in its case file."""
