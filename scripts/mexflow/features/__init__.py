"""Named channel stacks from flow and strain, packed into one tensor per sample."""
