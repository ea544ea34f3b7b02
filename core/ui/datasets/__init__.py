"""The Data page: datasets, imports and exports, gates, evaluators, the demo."""
