"""File formats, and nothing else: tables, FASTA, archives of images, pixels, tables of labels."""
