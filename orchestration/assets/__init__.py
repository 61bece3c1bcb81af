"""Thin Dagster assets and checks; each calls the other rooms."""
