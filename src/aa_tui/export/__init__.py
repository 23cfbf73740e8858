"""Pages, charts and tables as files: Markdown, HTML, SVG, PNG. All four are made from one document."""
