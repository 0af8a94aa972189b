"""Cleanup: find leftover resources in a project by ownership marks and names, and delete them.

    api = Api(place, Budget(600, ending))
    found = search.leftovers(api, scope)    leftover resources, those of kept stacks included
    survivors = removal.sweep(api, scope)   delete them all; returns those that could not go

It never deletes resources that the program did not create: see `marks`.
"""
