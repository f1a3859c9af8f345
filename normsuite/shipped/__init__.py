"""What ships inside the package: the data set `mini`, the checkpoint `normsuite-tiny`, and how it is trained."""
