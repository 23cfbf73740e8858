"""The files on this machine and those that can be pulled: found, told apart, fitted, pulled, checked, removed."""
