"""Releases: build file, catalogue, publishing, retention."""
