"""Every file that mexflow writes: whole or not at all, checked when read, saying itself what it holds."""
