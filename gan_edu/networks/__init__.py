"""Plain ``nn.Module`` factories: numbers in, network out."""
