"""Cleanup: find what is left of stacks in a project by its marks and names, and remove it.

    api = Api(place, Budget(600, ending))
    found = search.leftovers(api, scope)     what there is, kept stacks included
    survivors = sweeping.sweep(api, scope)   everything of it gone, or who is left and why

Refuses to touch what is not of the program's making: see `marks`.
"""
