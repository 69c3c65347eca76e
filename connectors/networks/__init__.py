"""Network servers, one file each: who may post, and what a body says."""
