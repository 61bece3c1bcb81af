"""One figure of a release followed back to the publisher's rows: its parts, its formula, and the figure made again.

Belongs here: reading a release and the tidy rows behind it, and making published figures again from published parts, by
code of its own: a slip in the warehouse's SQL shows as a difference. Does not: making any figure that is published.
"""
