"""The dialogs that start a run, or resume one."""
