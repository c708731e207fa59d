"""Boxes of faces: how crops are cut from them, by how much they overlap, and the table of who speaks when."""
