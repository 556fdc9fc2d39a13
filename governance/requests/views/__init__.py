"""Pages of requests: policy, form, one action, one template."""
