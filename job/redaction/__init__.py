"""Redaction: no secret leaves in an artifact, or in what is printed.

`sources.py` finds the secrets of an environment, of a stack's settings and of its state, by what
`values.py` takes for one. `forms.py` has the spellings in which each may stand in a text.
`known.py` keeps them: one list a process, which grows as secrets are met and masks every text by
all of them, and by what looks like a secret (`stacks/concealment.py`). Two doors lead out, and both
mask: `printing.py` for standard output and error, `artifacts.py` for files. A test refuses a
third one.
"""
