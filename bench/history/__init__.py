"""A warehouse that grows: national years of QCEW made from the mirror's real ones, and what refreshes of them cost.

Belongs here: making the years (`economy`, `drift`, `editions`, `places`, `years`), measuring refreshes (`steps`,
`watch`), what runs beside them: the libraries people use (`peers`, `cells`, `libraries`, `kernels`, `clock`), analysts
(`readers`). Does not: what a refresh does.
"""
