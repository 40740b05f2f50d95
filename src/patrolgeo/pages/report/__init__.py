"""The report: one page for the person who decides. `report` puts it together; every section is a file of its own.

A new section is a file with a function `blocks(found, words)`, its line in `report.SECTIONS`, and its words.
"""
