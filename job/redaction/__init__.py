"""Redaction: keep secrets out of the artifacts and of the output.

`sources.py` finds the secrets in the environment, the stack's settings and its state; `values.py`
decides what counts as one. `forms.py` lists the spellings in which a secret may occur in a text.
`known.py` holds the process's list of secrets. It masks all of them, and text that looks like a
secret (`stacks/concealment.py`). There are two ways out, and both mask: `printing.py` for standard
output and error, `artifacts.py` for files. A test rejects any other way.
"""
