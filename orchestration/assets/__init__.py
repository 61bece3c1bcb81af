"""Thin Dagster assets and checks; each calls the other rooms.

Modules that define assets leave postponed annotations off: Dagster reads the annotations of `context` and resources.
"""
