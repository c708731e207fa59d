"""The colours of every picture."""

BLUE, GREEN, ORANGE = "#0072B2", "#009E73", "#D55E00"
"""Out of the palette of Okabe and Ito, which colour-blind people can tell apart."""

GREY = "#666666"
"""Of what stands behind them."""

WHITE = "#FFFFFF"
"""Of edges that part points lying over each other."""
