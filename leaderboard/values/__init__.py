"""What runs of value questions say: nearness to people's votes, drift between models, the coevolve experiment."""
