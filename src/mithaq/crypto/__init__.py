"""Keys, signed notes, seals and key stores: the only importer of the primitives; knows no use case."""
