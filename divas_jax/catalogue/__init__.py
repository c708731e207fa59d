"""Catalogues: ten thousand titles on many machines, by Apache Beam, one record a title. Beam is imported here alone."""
