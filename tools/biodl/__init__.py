"""BioDL: train, evaluate and apply neural networks on biological data, from Galaxy or the command line."""

__version__ = "0.6.0"
