"""Two catalogs made one: another machine's runs come in beside those of this one.

    bundle  >  merge  >  runs_joined  >  samples_joined | things  >  run_rows | other | pace

Each kind of row has a join that is the same in any order and any number of times (`docs/many_machines.md`). The other
catalog is only read: `other` makes a copy, brings it up to date and looks at every value in it.
"""
