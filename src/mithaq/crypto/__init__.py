"""Keys, signed notes, seals and key stores: the only importer of the primitives; knows no log and no use case."""
