"""What made a result: the code fingerprint, and the installation it runs in."""
