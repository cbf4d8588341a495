"""Is a page's HTML well formed?"""

from html.parser import HTMLParser


class Balance(HTMLParser):
    """Which elements are still open; an element that is closed out of turn is an error."""

    def __init__(self):
        super().__init__()
        self.open = []

    def handle_starttag(self, tag, attrs):
        """Every element but those without an end is open now."""
        if tag not in {"meta", "br"}:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        """An element that ends at once is never open."""

    def handle_endtag(self, tag):
        """The last one that was opened must be the one that is closed."""
        assert self.open.pop() == tag
