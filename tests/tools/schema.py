# SPDX-License-Identifier: Apache-2.0
"""As much of JSON Schema as tools/plan.schema.json uses; any other keyword is a fault of the schema."""
import re

KINDS = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool}
KNOWN = {"$schema", "$defs", "$ref", "title", "type", "required", "additionalProperties", "properties",
	"items", "enum", "pattern", "minimum"}


def validate(value, schema, root=None, where="$"):
	root = root or schema
	assert set(schema) <= KNOWN, f"{where}: {set(schema) - KNOWN}"
	if "$ref" in schema:
		target = root
		for name in schema["$ref"].removeprefix("#/").split("/"):
			target = target[name]
		return validate(value, target, root, where)
	if "type" in schema:
		assert isinstance(value, KINDS[schema["type"]]), f"{where}: not of type {schema['type']}"
		assert schema["type"] != "integer" or not isinstance(value, bool), where
	assert value in schema.get("enum", [value]), f"{where}: {value!r}"
	if "pattern" in schema:
		assert re.search(schema["pattern"], value), f"{where}: {value!r}"
	assert not isinstance(value, int) or value >= schema.get("minimum", value), f"{where}: {value}"
	if isinstance(value, dict):
		for name in schema.get("required", []):
			assert name in value, f"{where}: no {name}"
		for name, item in value.items():
			known = schema.get("properties", {})
			assert name in known or schema.get("additionalProperties", True), f"{where}: {name}"
			validate(item, known.get(name, {}), root, f"{where}.{name}")
	if isinstance(value, list):
		for number, item in enumerate(value):
			validate(item, schema.get("items", {}), root, f"{where}[{number}]")
