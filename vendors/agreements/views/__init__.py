"""Pages of agreements: policy, form, one action, one template."""
