"""DevStack: stand-ins for its repositories, and the git service that nodes clone them from.

Machines that boot clone and run them as they would the real ones. The stand-in stack.sh has the
real one's phases, hooks, files and failures, and takes seconds.
"""
