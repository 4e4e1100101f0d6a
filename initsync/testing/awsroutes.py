"""The two paths of the moto process that are no AWS: known to both its ends."""

CALLS = "/_jasm/calls"
REFUSALS = "/_jasm/refusals"
