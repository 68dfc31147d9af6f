"""The configuration's JSON schema (draft 2020-12), so that editors complete it and say what is wrong."""

from datetime import timedelta
from typing import Any, Final

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue

from bot.config.settings import Settings
from bot.config_tools.descriptions import describe
from commands.timing.durations import written

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


class _Generator(GenerateJsonSchema):
    schema_dialect = DIALECT

    def encode_default(self, dft: Any) -> Any:  # noqa: ANN401 - pydantic's
        return written(dft) if isinstance(dft, timedelta) else super().encode_default(dft)

    def generate(self, schema: Any, mode: JsonSchemaMode = "validation") -> JsonSchemaValue:  # noqa: ANN401 - pydantic's
        made = super().generate(schema, mode)
        for section in made["properties"].values():
            # A section's defaults stand beside each of its settings.
            section.pop("default", None) if "$ref" in section else None
        return {"$schema": DIALECT, **made}


def schema() -> dict[str, Any]:
    """Return the schema of a configuration file."""
    describe()
    made = Settings.model_json_schema(schema_generator=_Generator)
    made["title"] = "The configuration of jhub-bot"
    return made
