"""Files to clips and back; the only package that touches media files (PyAV)."""
