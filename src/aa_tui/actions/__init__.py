"""What shell and app both do, each thing once: start, pause, resume, delete, and how what a person types is read.

A face asks and shows; what is asked for happens here. Importing this costs nothing: what plans and starts is imported
when it is asked for.
"""
