"""The view of servers whose models are asked over HTTP."""
