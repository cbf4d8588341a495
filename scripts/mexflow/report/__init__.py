"""What a reader sees: contact and flow sheets, confusion matrices, learning curves, the scores page."""
