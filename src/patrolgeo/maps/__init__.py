"""Maps and hand-outs: layers, no mathematics."""
