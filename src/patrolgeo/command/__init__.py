"""The command line: a file a family of commands; each adds its commands to the parser and runs them."""
