"""The paper's Tables 1 to 6 and its Figures 2 to 4, made anew: `divas tables`."""
