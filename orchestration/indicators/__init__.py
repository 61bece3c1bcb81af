"""Numeric kernels as pure functions on arrays, for what is too awkward or too slow in SQL."""
