"""From a dataset's folders and label tables to the manifest: one row per labelled expression."""
