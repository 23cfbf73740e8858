"""The logs of other evaluation programs, read and written: values to bytes and back. Nothing here knows the catalog."""
