"""The documented shape of a Portkey config as a JSON schema, with nothing in it that the documents do not name.

portkey.ai/docs: product/ai-gateway/configs, …/conditional-routing, …/fallbacks, …/request-timeouts, and the API
reference's config object.
"""

from typing import Any

_STRATEGY: dict[str, Any] = {
    "type": "object",
    "properties": {
        "mode": {"enum": ["single", "fallback", "loadbalance", "conditional"]},
        "on_status_codes": {"type": "array", "items": {"type": "integer"}},
        "conditions": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "query": {
                        "type": "object",
                        "propertyNames": {"pattern": r"^(metadata\.|params\.|\$and$|\$or$)"},
                        "additionalProperties": {
                            "type": "object",
                            "propertyNames": {
                                "enum": ["$eq", "$ne", "$in", "$nin", "$regex", "$gt", "$gte", "$lt", "$lte"]
                            },
                            "minProperties": 1,
                        },
                    },
                    "then": {"type": "string"},
                },
                "required": ["query", "then"],
                "additionalProperties": False,
            },
        },
        "default": {"type": "string"},
    },
    "required": ["mode"],
    "additionalProperties": False,
    "if": {"properties": {"mode": {"const": "conditional"}}},
    "then": {"required": ["conditions", "default"]},
}

SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$defs": {
        "strategy": _STRATEGY,
        "target": {
            "type": "object",
            "properties": {
                "name": {"type": "string"},
                "strategy": {"$ref": "#/$defs/strategy"},
                "targets": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/target"}},
                "provider": {"enum": ["openai", "anthropic"]},
                "api_key": {"type": "string"},
                "custom_host": {"type": "string", "format": "uri"},
                "override_params": {"type": "object", "required": ["model"]},
                "request_timeout": {"type": "integer", "minimum": 1},
            },
            "additionalProperties": False,
            "oneOf": [{"required": ["provider", "api_key"]}, {"required": ["strategy", "targets"]}],
        },
    },
    "$ref": "#/$defs/target",
}
