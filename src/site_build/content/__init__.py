"""What the build adds to pages: formulas, notebooks, Markdown, search, Explorer data."""
