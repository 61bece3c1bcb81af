"""Gates: expectations made from the contracts, and the verdict on a refresh."""
