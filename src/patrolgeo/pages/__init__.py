"""What people read and print: words in their order, HTML from templates, charts, the page of a plan, the report."""
