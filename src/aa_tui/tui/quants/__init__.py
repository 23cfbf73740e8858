"""The quantizations of a model beside each other, and which to take."""
