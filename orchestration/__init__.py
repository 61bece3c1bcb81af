"""The industry-cluster warehouse: pull, build, gate, publish."""
