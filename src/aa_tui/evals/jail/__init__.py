"""The jail: runs Python that a model wrote, and judges it without ever believing it.

Two confined processes with one pipe each way between them. The *worker* has the solution and nothing else; the *tester*
has the tests and their expected values and asks the worker for one call after the other. Only plain values cross, with
exact types, and every comparison happens in the tester: what the solution does to its own process, whatever it patches,
prints, raises or exits with, can only ever be a wrong value or no value.

`running.run_tests` is what graders call; `isolation.available` says how strong this system's jail is. Nothing is
imported here, since the confined processes import this package too and should start in milliseconds.
"""
