"""The protocols and tables of section 4 and 5 of the paper."""
