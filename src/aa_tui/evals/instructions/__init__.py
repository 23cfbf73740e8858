"""Checks of an answer's form: the instruction families of IFEval and IFBench, written anew from their prompts."""
