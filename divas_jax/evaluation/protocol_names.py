"""What the protocols of `divas evaluate` are called; here by themselves, so that its help starts no JAX."""

OFFSETS, LENGTHS, IN_SYNC, GRID = "offsets", "lengths", "in_sync", "grid"

USUAL = (OFFSETS, LENGTHS, IN_SYNC, GRID)
"""What "all" means."""

SANITY = "sanity"
"""What must hold of any model; not in "all", as it reads every clip several times."""

SPEAKERS = "speakers"
"""Who speaks when, in whole files; not in "all", as it reads another kind of data."""

TITLE_LEVEL = "titles"
"""Verdicts on whole titles, made up from what the clips show; not in "all", as it takes minutes more."""
