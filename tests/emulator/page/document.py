"""A page as a reader has it: its text, its elements, and nothing that was only meant."""

from __future__ import annotations

from html.parser import HTMLParser

from attrs import define, field

_VOID = {"br", "img", "input", "link", "meta"}


@define
class Element:
    """One element: its name, its attributes, and the text inside it."""

    name: str
    attributes: dict[str, str | None]
    text: str = ""


@define(slots=False)
class Document(HTMLParser):
    """All elements of a page, in their order. An element that is not closed, or closed twice, is an error."""

    elements: list[Element] = field(factory=list)
    unclosed: list[Element] = field(factory=list)

    def __attrs_pre_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, dict(attrs))
        self.elements.append(element)
        if tag not in _VOID:
            self.unclosed.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self.unclosed.pop().name == tag

    def handle_data(self, data: str) -> None:
        for element in self.unclosed:
            element.text += data

    def all(self, name: str, /, **attributes: str) -> list[Element]:
        """The elements of a name that have these attributes."""
        return [each for each in self.elements if each.name == name and attributes.items() <= each.attributes.items()]

    def section(self, name: str) -> Element:
        (found,) = [each for each in self.elements if each.attributes.get("id") == name]
        return found


def read(content: str) -> Document:
    document = Document()
    document.feed(content)
    document.close()
    assert not document.unclosed
    return document
