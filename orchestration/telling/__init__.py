"""What is told of a run, and how old that leaves the release: to a person, a monitor, a mailbox."""
