"""What pydantic finds wrong, in words for whoever wrote the file."""

from __future__ import annotations

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from eakte.apply.schema import NAME_RULE

_TEMPLATES = {
    "string_type": "„{key}“ muss ein Text sein.",
    "string_unicode": "„{key}“ enthält Zeichen, die es nicht gibt.",
    "string_too_long": "„{key}“ ist zu lang; höchstens {max_length} Zeichen.",
    "list_type": "„{key}“ muss eine Liste sein, etwa [a, b].",
    "tuple_type": "„{key}“ muss eine Liste sein, etwa [a, b].",
    "dict_type": "„{key}“ muss aus Schlüsseln und Werten bestehen.",
    "model_type": "„{key}“ muss aus Schlüsseln und Werten bestehen.",
    "bool_type": "„{key}“ muss true oder false sein.",
    "bool_parsing": "„{key}“ muss true oder false sein.",
    "int_type": "„{key}“ muss eine ganze Zahl sein.",
    "int_parsing": "„{key}“ muss eine ganze Zahl sein.",
    "float_type": "„{key}“ muss eine Zahl sein, etwa 0.95.",
    "float_parsing": "„{key}“ muss eine Zahl sein, etwa 0.95.",
    "int_from_float": "„{key}“ muss eine ganze Zahl sein.",
    "int_parsing_size": "„{key}“ ist zu groß.",
    "greater_than_equal": "„{key}“ muss mindestens {ge} sein.",
    "less_than_equal": "„{key}“ darf höchstens {le} sein.",
    "too_short": "„{key}“ darf nicht leer sein.",
    "literal_error": "„{key}“ muss eines von diesen sein: {expected}.",
}
_SHAPES = {
    "id": f"„{{value}}“ kann kein Name sein; erlaubt sind {NAME_RULE}.",
    "email": "„{value}“ ist keine E-Mail-Adresse.",
    "languages": "„{value}“ ist kein Sprachkürzel von Tesseract, etwa deu oder eng.",
    "code": "„{value}“ kann kein Kennzeichen sein; erlaubt sind Buchstaben, Ziffern, Punkt, Strich und Leerzeichen.",
}


def in_german(error: ErrorDetails, model: type[BaseModel]) -> str:
    """One finding as a sentence with its remedy."""
    keys = [step for step in error["loc"] if isinstance(step, str) and step != "[key]"]
    key = keys[-1] if keys else "Eintrag"
    if error["type"] == "missing":
        return f"Hier fehlt „{key}“."
    if error["type"] == "extra_forbidden":
        return f"„{key}“ ist hier nicht bekannt; möglich sind {', '.join(_keys_of(model, keys[:-1]))}."
    context = error.get("ctx", {})
    if error["type"] == "value_error":
        return f"„{key}“ {context['error']}."
    if error["type"] == "string_pattern_mismatch":
        if not str(error["input"]).strip():
            return f"„{key}“ darf nicht leer sein."
        shape = _SHAPES.get(key if key in _SHAPES else _shape_of(key), "„{value}“ enthält unerlaubte Zeichen.")
        return shape.format(value=error["input"])
    if error["type"] == "literal_error":
        context["expected"] = context["expected"].replace("'", "").replace(" or ", " oder ")
    template = _TEMPLATES.get(error["type"], "„{key}“ ist so nicht möglich (" + error["msg"].replace("{", "(") + ").")
    return template.format(key=key, **context)


def _shape_of(key: str) -> str:
    return "id" if key in {"parent", "unit", "units", "person", "system"} else key


def _keys_of(model: type[BaseModel], within: list[str]) -> list[str]:
    for step in within:
        inner = next((field for name, field in model.model_fields.items() if (field.alias or name) == step), None)
        found = _model_in(inner.annotation) if inner is not None else None
        model = found or model
    return [field.alias or name for name, field in model.model_fields.items()]


def _model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in getattr(annotation, "__args__", ()):
        found = _model_in(inner)
        if found is not None:
            return found
    return None
