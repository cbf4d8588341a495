"""mexflow: facial micro-expressions, from raw clips to honest scores."""
