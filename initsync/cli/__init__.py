"""The commands of initsync, one file each, and what they share on a terminal."""
