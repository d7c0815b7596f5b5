"""Tools for judging risk of bias, as data: domains, signalling questions, and the judgement that answers suggest."""
