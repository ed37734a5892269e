"""A strict stand-in for Meta's Graph API: WhatsApp, Messenger and Instagram, for tests, the demo and the simulator.

A program of its own that imports nothing of the product, so that it cannot share its mistakes. It refuses what Meta
refuses, tells what Meta tells, and keeps everything in memory. Facts: Meta's public documentation, Graph v26.0.
"""
