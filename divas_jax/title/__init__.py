"""A whole file: shots, speech, faces, tracks, and what is said of them together (4.4)."""
