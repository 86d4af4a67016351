"""A page as a person meets it: heading, texts, links, and forms found by their labels."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import lxml.html
from lxml.html import HtmlElement

Value = str | bool | list[str] | None
Values = Mapping[str, Value]
Pairs = list[tuple[str, str]]

CONTROLS: Final = ("input", "select", "textarea")
BUTTON_TYPES: Final = frozenset({"submit", "button", "reset", "image"})
WITHOUT_LABEL: Final = BUTTON_TYPES | {"hidden"}


def tidy(text: str) -> str:
    """Text with its white space as a browser shows it."""
    return " ".join(text.split())


def text_of(element: HtmlElement | None) -> str:
    """The text of an element as a browser shows it."""
    return "" if element is None else tidy(str(element.text_content()))


def attribute(element: HtmlElement, name: str) -> str:
    """An attribute, empty if there is none."""
    return str(element.get(name) or "")


def tag_of(element: HtmlElement) -> str:
    """p, input …"""
    return str(element.tag)


def kind_of(control: HtmlElement) -> str:
    """text, checkbox, radio, hidden, submit … or the tag of what is not an input."""
    if control.tag == "input":
        return attribute(control, "type").lower() or "text"
    return str(control.tag)


def ancestor(element: HtmlElement, tag: str) -> HtmlElement | None:
    """The nearest element of this kind around another."""
    return next(element.iterancestors(tag), None)


@dataclass
class Form:
    """One form of a page, filled the way a person fills it."""

    page: "Page"
    element: HtmlElement

    @property
    def action(self) -> str:
        return attribute(self.element, "action") or self.page.address

    @property
    def method(self) -> str:
        return (attribute(self.element, "method") or "get").upper()

    @property
    def controls(self) -> list[HtmlElement]:
        own = attribute(self.element, "id")
        return [
            control
            for control in self.page.all(*CONTROLS)
            if (attribute(control, "form") == own if control.get("form") else ancestor(control, "form") is self.element)
        ]

    @property
    def buttons(self) -> list[HtmlElement]:
        own = attribute(self.element, "id")
        return [
            button
            for button in self.page.all("button", "input")
            if (attribute(button, "type").lower() or ("submit" if button.tag == "button" else "")) == "submit"
            and (attribute(button, "form") == own if button.get("form") else ancestor(button, "form") is self.element)
        ]

    @property
    def labels(self) -> list[str]:
        """What a person could fill in, for messages."""
        found = (self.page.label_of(control) or attribute(control, "name") for control in self.controls)
        return list(dict.fromkeys(filter(None, found)))

    def find(self, key: str) -> list[HtmlElement]:
        """The controls meant by a field name, a label, or the legend of a group; several only for one group."""
        fillable = [control for control in self.controls if kind_of(control) not in BUTTON_TYPES]
        by_name = [control for control in fillable if attribute(control, "name") == key]
        if by_name:
            return by_name
        visible = [control for control in fillable if kind_of(control) != "hidden"]
        for matches in (str.__eq__, str.startswith):
            choices = [c for c in visible if kind_of(c) in {"radio", "checkbox"}]
            legend = [c for c in choices if matches(self.page.legend_of(c), key)]
            label = [c for c in visible if matches(self.page.label_of(c), key)]
            for found in (label, legend):
                if len({attribute(control, "name") for control in found}) == 1:
                    return found
                if found and matches is str.__eq__:
                    raise AssertionError(f"{key!r} means several fields on {self.page.address}; use the field name")
        raise AssertionError(f"No field {key!r} in the form of {self.page.address}; there are: {self.labels}")

    def button(self, text: str | None) -> HtmlElement | None:
        """The button with this text (or its start); without a text the first, as pressing Enter does."""
        if text is None:
            return self.buttons[0] if self.buttons else None
        for button in self.buttons:
            if self.page.button_text(button).startswith(text):
                return button
        texts = [self.page.button_text(button) for button in self.buttons]
        raise AssertionError(f"No button {text!r} in the form of {self.page.address}; there are: {texts}")

    def data(self, values: Values, button: str | None = None) -> Pairs:
        """What the browser would send once `values` are filled in and `button` is pressed."""
        chosen: dict[HtmlElement, list[str]] = {control: list(self._as_it_stands(control)) for control in self.controls}
        for key, value in values.items():
            self._fill(chosen, key, value)
        pairs = [(attribute(control, "name"), text) for control, texts in chosen.items() for text in texts]
        pressed = self.button(button)
        if pressed is not None and pressed.get("name"):
            pairs.append((attribute(pressed, "name"), attribute(pressed, "value")))
        return [(name, text) for name, text in pairs if name]

    def _as_it_stands(self, control: HtmlElement) -> Iterator[str]:
        kind = kind_of(control)
        if kind in BUTTON_TYPES or kind == "file" or control.get("disabled") is not None or _in_disabled_group(control):
            return
        if kind in {"checkbox", "radio"}:
            if control.get("checked") is not None:
                yield attribute(control, "value") or "on"
        elif kind == "select":
            options = _options(control)
            selected = [option for option in options if option.get("selected") is not None]
            if not selected and control.get("multiple") is None:
                selected = options[:1]
            yield from (_value_of(option) for option in selected)
        elif kind == "textarea":
            yield str(control.text_content()).removeprefix("\n")
        else:
            yield attribute(control, "value")

    def _fill(self, chosen: dict[HtmlElement, list[str]], key: str, value: Value) -> None:
        found = self.find(key)
        for control in found:
            if control.get("disabled") is not None or _in_disabled_group(control):
                raise AssertionError(f"{key!r} on {self.page.address} is disabled: a person cannot fill it")
        kind = kind_of(found[0])
        if value is None:
            chosen.update((control, []) for control in found)
        elif kind == "checkbox" and isinstance(value, bool) and len(found) == 1:
            chosen[found[0]] = [attribute(found[0], "value") or "on"] if value else []
        elif kind in {"radio", "checkbox"}:
            wanted = value if isinstance(value, list) else [value]
            chosen.update((control, []) for control in found)
            for choice in wanted:
                control = self._choice(found, str(choice), key)
                chosen[control] = [attribute(control, "value") or "on"]
        elif kind == "select":
            options = _options(found[0])
            wanted = value if isinstance(value, list) else [value]
            chosen[found[0]] = [self._option(options, str(choice), key) for choice in wanted]
        else:
            chosen[found[0]] = [str(text) for text in value] if isinstance(value, list) else [str(value)]

    def _choice(self, found: list[HtmlElement], choice: str, key: str) -> HtmlElement:
        for control in found:
            if choice in {attribute(control, "value"), self.page.label_of(control)}:
                return control
        there = [self.page.label_of(control) for control in found]
        raise AssertionError(f"{key!r} on {self.page.address} offers no {choice!r}, only {there}; use forge= to cheat")

    def _option(self, options: list[HtmlElement], choice: str, key: str) -> str:
        for option in options:
            if choice in {_value_of(option), text_of(option)}:
                return _value_of(option)
        there = [text_of(option) for option in options]
        raise AssertionError(f"{key!r} on {self.page.address} offers no {choice!r}, only {there}; use forge= to cheat")


def _options(select: HtmlElement) -> list[HtmlElement]:
    return list(select.iter("option"))


def _value_of(option: HtmlElement) -> str:
    value = option.get("value")
    return text_of(option) if value is None else str(value)


def _in_disabled_group(control: HtmlElement) -> bool:
    return any(group.get("disabled") is not None for group in control.iterancestors("fieldset"))


@dataclass
class Page:
    """An HTML answer, read once."""

    address: str
    status: int
    html: str
    redirects: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.tree: HtmlElement = lxml.html.document_fromstring(self.html)

    def __contains__(self, text: str) -> bool:
        return text in self.text

    def all(self, *tags: str) -> list[HtmlElement]:
        return self.elements if tags == ("*",) else list(self.tree.iter(*tags))

    @cached_property
    def elements(self) -> list[HtmlElement]:
        """All of them, in order. Read once: a page is asked hundreds of times what it holds."""
        return [element for element in self.tree.iter() if isinstance(element.tag, str)]  # comments have no tag

    @cached_property
    def attributes(self) -> list[tuple[HtmlElement, str, str]]:
        """Every attribute of every element."""
        return [(element, str(name), str(value)) for element in self.elements for name, value in element.items()]

    @cached_property
    def ids(self) -> dict[str, HtmlElement]:
        """The elements with an id; of two with the same the first."""
        return {value: element for element, name, value in reversed(self.attributes) if name == "id"}

    @cached_property
    def _labels(self) -> dict[str, HtmlElement]:
        labels = reversed(self.all("label"))
        return {attribute(label, "for"): label for label in labels if label.get("for")}

    def by_id(self, name: str) -> HtmlElement | None:
        return self.ids.get(name)

    @property
    def title(self) -> str:
        return text_of(next(iter(self.all("title")), None))

    @property
    def h1(self) -> str:
        return text_of(next(iter(self.all("h1")), None))

    @property
    def text(self) -> str:
        """What can be read on the page, without its title."""
        return text_of(next(iter(self.all("body")), None))

    @property
    def main(self) -> str:
        """What can be read in its main part."""
        return text_of(next(iter(self.all("main")), None))

    @property
    def rows(self) -> list[list[str]]:
        """All table rows, cell by cell."""
        cells = ([text_of(cell) for cell in row if cell.tag in {"td", "th"}] for row in self.all("tr"))
        return list(cells)

    @property
    def links(self) -> dict[str, str]:
        """Where the links lead, by their text."""
        return {self.button_text(link): attribute(link, "href") for link in self.all("a") if link.get("href")}

    @property
    def forms(self) -> list[Form]:
        return [Form(self, form) for form in self.all("form")]

    @property
    def errors(self) -> dict[str, str]:
        """What is wrong with which field: label → the message the field is described by."""
        found: dict[str, str] = {}
        for control in self.all(*CONTROLS, "fieldset"):
            if attribute(control, "aria-invalid") == "true":
                described = (self.by_id(name) for name in attribute(control, "aria-describedby").split())
                label = self.label_of(control) if control.tag != "fieldset" else text_of(_legend(control))
                found[label] = tidy(" ".join(text_of(element) for element in described))
        return found

    def form_for(self, keys: list[str], button: str | None = None) -> Form:
        """The page's own form that has all these fields and this button."""
        complaints = []
        for form in sorted(self.forms, key=lambda form: form.method != "POST"):
            try:
                for key in keys:
                    form.find(key)
                form.button(button)
            except AssertionError as complaint:
                complaints.append(str(complaint))
            else:
                if keys or button or len(self.forms) == 1 or ancestor(form.element, "main") is not None:
                    return form
        raise AssertionError("\n".join(complaints) or f"{self.address} ({self.status}, “{self.h1}”) has no form")

    def label_of(self, control: HtmlElement) -> str:
        """The name under which a screen reader announces a control."""
        labelled_by = [self.by_id(name) for name in attribute(control, "aria-labelledby").split()]
        if labelled_by:
            return tidy(" ".join(text_of(element) for element in labelled_by))
        if control.get("aria-label"):
            return tidy(attribute(control, "aria-label"))
        label = self._labels.get(attribute(control, "id"))
        return text_of(label if label is not None else ancestor(control, "label"))

    def legend_of(self, control: HtmlElement) -> str:
        """The name of the group a control stands in."""
        group = ancestor(control, "fieldset")
        return "" if group is None else text_of(_legend(group))

    def button_text(self, button: HtmlElement) -> str:
        """The name of a button or link."""
        if button.get("aria-label") or button.get("aria-labelledby"):
            return self.label_of(button)
        pictures = " ".join(attribute(image, "alt") for image in button.iter("img"))
        return tidy(text_of(button) + " " + pictures) or attribute(button, "value")


def _legend(group: HtmlElement) -> HtmlElement | None:
    return next((child for child in group if child.tag == "legend"), None)
