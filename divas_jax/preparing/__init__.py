"""From files to a data set: sources, splits, leaks, staging and the report; reads media, knows nothing of models."""
