"""A living review: what changed between two states of it, and whether published results still follow from inputs."""
