"""Weights of the parts of a score, fitted on validation rows: what the model and the heuristics say.

`heuristics` learns the plain recommenders and tells ranks; `table` puts the parts of the model's score
and those ranks side by side for the best candidates of each row; `fitting` weighs them by a
conditional logit, cross-fitted by user; `files` keeps the weights beside a model.
"""
