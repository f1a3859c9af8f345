"""What ships inside: the data set `mini`, the checkpoint `normsuite-tiny`, and how it is trained."""
