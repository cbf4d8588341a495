"""What jobs need before they run, and what a grid costs: sizes, expected seconds and memory, recorded costs."""
