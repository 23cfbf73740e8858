"""A small simulated world for items that use functions: a calendar, files, a shop, mail, places. It is a plain value,
and nothing outside it is read or changed: no clock, no disk, no network."""
