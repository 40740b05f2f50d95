"""Every word that maps, pages and sheets print: one folder of messages a language, and what fills them in."""
