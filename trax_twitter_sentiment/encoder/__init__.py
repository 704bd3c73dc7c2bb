"""Pretrained encoders of the BERT family: their folders, and their Trax layers."""
