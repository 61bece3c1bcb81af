"""A warehouse that grows: national years of QCEW made from the mirror's real ones, and what refreshes of them cost.

Belongs here: making the years (`economy`, `drift`, `editions`, `places`, `years`) and measuring refreshes (`steps`,
`watch`). Does not: what a refresh does.
"""
