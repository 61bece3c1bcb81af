"""Publishers' bytes: pulled politely, stored once by content, recorded in a manifest, kept for ever."""
