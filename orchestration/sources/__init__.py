"""One module a publisher: which datasets it offers and how their bytes become tidy tables."""
