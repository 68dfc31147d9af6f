"""How Teams, light and dark, tells the renderer to draw cards: faces, sizes, colours, distances."""

from typing import Any

Json = dict[str, Any]


def light() -> Json:
    """Teams' light theme: its page colour and host configuration."""
    inks = _inks(text="#242424", subtle="#616161", accent="#5b5fc7", good="#0e700e", warning="#835c00", bad="#b10e1c")
    grounds = {
        "default": "#ffffff",
        "emphasis": "#f5f5f5",
        "good": "#e7f2da",
        "attention": "#fbeaea",
        "warning": "#fff4ce",
        "accent": "#e8ebfa",
    }
    return {"page": "#f0f0f0", "card": "#ffffff", "text": "#242424", "config": _config(inks, grounds)}


def dark() -> Json:
    """Teams' dark theme: its page colour and host configuration."""
    inks = _inks(text="#ffffff", subtle="#adadad", accent="#9299f7", good="#92c353", warning="#f2c661", bad="#f1707b")
    grounds = {
        "default": "#292929",
        "emphasis": "#383838",
        "good": "#23321c",
        "attention": "#4a2527",
        "warning": "#463a12",
        "accent": "#33344a",
    }
    return {"page": "#1f1f1f", "card": "#292929", "text": "#ffffff", "config": _config(inks, grounds)}


def _inks(*, text: str, subtle: str, accent: str, good: str, warning: str, bad: str) -> Json:
    plain = {"default": text, "dark": text, "light": text}
    colored = {**plain, "accent": accent, "good": good, "warning": warning, "attention": bad}
    return {name: {"default": color, "subtle": subtle if name in plain else color} for name, color in colored.items()}


def _config(inks: Json, grounds: dict[str, str]) -> Json:
    faces = "'Segoe UI', 'Noto Sans', 'DejaVu Sans', sans-serif"
    fixed = {"small": 12, "default": 14, "medium": 16, "large": 18, "extraLarge": 24}
    weights = {"lighter": 200, "default": 400, "bolder": 600}
    return {
        "supportsInteractivity": True,
        "fontTypes": {
            "default": {
                "fontFamily": faces,
                "fontSizes": fixed,
                "fontWeights": weights,
            },
            "monospace": {"fontFamily": "Consolas, 'DejaVu Sans Mono', monospace", "fontSizes": fixed},
        },
        "spacing": {"small": 8, "default": 12, "medium": 16, "large": 20, "extraLarge": 24, "padding": 16},
        "separator": {"lineThickness": 1, "lineColor": "#8888"},
        "containerStyles": {
            name: {"backgroundColor": color, "foregroundColors": inks} for name, color in grounds.items()
        },
        "actions": {"maxActions": 6, "buttonSpacing": 8, "actionsOrientation": "Horizontal", "actionAlignment": "Left"},
        "factSet": {
            "title": {"weight": "Bolder", "wrap": True, "maxWidth": 180},
            "value": {"wrap": True},
            "spacing": 16,
        },
        "table": {"cellSpacing": 8},
        "textBlock": {"headingLevel": 2},
    }
