"""How well was it said, did it work?"""
