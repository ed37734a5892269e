"""The views of the inbox: the page and its parts, and one for each noun that a verb acts on."""
