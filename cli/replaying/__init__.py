"""What ``vigie replay`` does, apart from its options: loaded when it runs, not for every --help."""
