"""The competitors of the paper (Tables 1 and 5), written from their own papers: what DiVAS is compared with."""
