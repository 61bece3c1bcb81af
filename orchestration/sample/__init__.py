"""A synthetic economy, and the loopback publishers that serve it (or a mirror) in the real layouts."""
