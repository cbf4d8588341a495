"""The `mexflow` command, and what the scripts of the stages share."""
