"""The commands of jasm-injector, one file each."""
